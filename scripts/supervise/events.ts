/** Worker processes that a supervisor keeps running. */
export type WorkerKind = 'orchestrator' | 'mlx'

/** What a supervisor tells about its processes. */
export type SupervisorEvent =
  | { what: 'server-up'; pid: number; address: string; adopted: boolean }
  | { what: 'server-down'; pid: number }
  | { what: 'server-failed'; reason: string; retryInMs: number }
  /** The UI shows compressed payloads as they are. */
  | { what: 'codec-down'; port: number }
  | { what: 'worker-up'; kind: WorkerKind; pid: number }
  | { what: 'worker-down'; kind: WorkerKind; pid: number; outcome: string; restartInMs: number; log: string }

export type OnEvent = (event: SupervisorEvent) => void

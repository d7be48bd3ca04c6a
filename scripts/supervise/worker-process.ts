import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { Backoff } from './backoff.ts'
import type { OnEvent, WorkerKind } from './events.ts'
import { pause } from './pause.ts'

export interface WorkerProcessOptions {
  kind: WorkerKind
  /** Program and its arguments. */
  command: [string, ...string[]]
  env: NodeJS.ProcessEnv
  /** Its stdout and stderr are appended here. */
  log: string
  /** Ends the worker: gracefully, then by force once `drainMs` are over. */
  signal: AbortSignal
  drainMs: number
  onEvent: OnEvent
}

/** Keeps a worker process running until the signal is given; resolves once it has ended for good. */
export async function keepRunning(options: WorkerProcessOptions): Promise<void> {
  const { kind, signal, onEvent, log } = options
  const backoff = new Backoff()
  while (!signal.aborted) {
    const started = performance.now()
    const worker = await launch(options)
    const { pid } = worker
    if (pid === undefined) throw new Error(`the ${kind} worker has no process id`)
    onEvent({ what: 'worker-up', kind, pid })
    const outcome = await runToEnd(worker, pid, options)
    if (signal.aborted) return
    const restartInMs = backoff.after(performance.now() - started)
    onEvent({ what: 'worker-down', kind, pid, outcome, restartInMs, log })
    await pause(restartInMs, signal)
  }
}

/**
 * A process group of its own, so that a terminal's Ctrl-C reaches it only through us, in order. The channel is how it
 * learns of our death: see `exitWithSupervisor`.
 */
async function launch({ command: [program, ...args], env, log }: WorkerProcessOptions): Promise<ChildProcess> {
  const output = openSync(log, 'a')
  const worker = spawn(program, args, { detached: true, env, stdio: ['ignore', output, output, 'ipc'] })
  closeSync(output)
  await once(worker, 'spawn')
  return worker
}

async function runToEnd(worker: ChildProcess, pid: number, options: WorkerProcessOptions): Promise<string> {
  const { signal, drainMs } = options
  let force: NodeJS.Timeout | undefined
  const drain = () => {
    worker.kill('SIGTERM')
    force = setTimeout(() => killGroup(pid), drainMs)
  }
  const ended = once(worker, 'exit')
  if (signal.aborted) drain()
  else signal.addEventListener('abort', drain, { once: true })
  const [code, by] = (await ended) as [number | null, NodeJS.Signals | null]
  signal.removeEventListener('abort', drain)
  clearTimeout(force)
  // A worker that was killed could not clean up after itself.
  killGroup(pid)
  return by === null ? `exit code ${code}` : by
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: nobody is left in it. EPERM: macOS says so of a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}

import type { Speedups } from './evaluation.ts'
import type { Mutator } from './generation.ts'
import type { ConfirmationRecord, HeldOutRecord, Ledger } from './run-state.ts'

export type Phase = 'running' | 'paused' | 'completed' | 'stopped' | 'failed'

/** The run's best program: the confirmed incumbent; while there is none, the one whose screening promises most. */
export interface BestProgram {
  programId: string
  /** For timed problems a lower bound, confirmed or screened. */
  score: number
  /** Whether `speedup` says something: nothing but a confirmed figure is a speedup. */
  confirmed: boolean
  /** Confirmed figures; `null` where there are none and for problems that are not timed. */
  speedup: Speedups | null
  /** Figures of its screening, where it is not confirmed: a promise, made by the luckiest of many. */
  screened: Speedups | null
}

/** What a timed run has confirmed so far. */
export interface ConfirmationStatus {
  /** Made, whatever came of them; those of the runs that this one resumes included. */
  spent: number
  /** What is being confirmed. */
  current: { programId: string; index: number } | null
  /** Screened more than the incumbent has confirmed, and not tried yet. */
  promising: { programId: string; screened: Speedups } | null
  /** Newest last. */
  records: ConfirmationRecord[]
  /** The winner on other sizes than it was evolved on. */
  heldOut: HeldOutRecord[]
}

export interface IslandStatus {
  island: number
  generation: number
  iterations: number
  quota: number
  programs: number
  best: number | null
  /** What the island does or waits for, in words. */
  activity: string
}

/** Answer of the `status` query and result of the workflow. */
export interface RunStatus {
  id: string
  problem: string
  phase: Phase
  reason: string
  /** Candidates drawn so far. */
  iterations: number
  /** Candidates the run is to draw. */
  iterationsWanted: number
  evaluated: number
  modelCalls: number
  mutator: Mutator | null
  best: BestProgram | null
  /** `null` for problems that are not timed. */
  confirmations: ConfirmationStatus | null
  /** SHA-256 over the population's ids, sources and (deterministic problems only) scores. */
  digest: string
  /** Wall-clock seconds since the start. */
  seconds: number
  /** Milliseconds since the epoch. */
  startedAt: number
  /** Device time over wall time between first and last evaluation. */
  deviceBusy: number | null
  islands: IslandStatus[]
  ledger: Ledger | null
  /** Days the server keeps this run after it closes. */
  retentionDays: number | null
  /** Invalid signals that were ignored. */
  ignored: string[]
}

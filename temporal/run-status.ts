import type { Speedups } from './evaluation.ts'
import type { Mutator } from './generation.ts'
import type { Ledger } from './run-state.ts'

export type Phase = 'running' | 'paused' | 'completed' | 'stopped' | 'failed'

export interface BestProgram {
  programId: string
  score: number
  /** `null` for problems that are not timed against a baseline. */
  speedup: Speedups | null
  /** True once it was measured again with data that selection never saw. */
  confirmed: boolean
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

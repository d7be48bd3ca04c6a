import type { Mutator } from './generation.ts'
import type { Program } from './program.ts'
import type { FinalPopulation } from './run-state.ts'
import type { RunStatus } from './run-status.ts'

/** What the orchestrator knows about itself and about the server. */
export interface OrchestratorFacts {
  /** What `mutator: auto` means here. */
  mutator: Mutator
  /** Names of the project's search attributes that the server knows. */
  searchAttributes: string[]
  /** Days the namespace keeps closed runs; `null` where it does not say. */
  retentionDays: number | null
}

/** One line of `trace.jsonl`: what became of one draw. Sources are in it, so a run can be read without the server. */
export interface TraceRecord {
  id: string
  island: number
  generation: number
  outcome: 'scored' | 'rejected' | 'failed' | 'unresolved' | 'duplicate' | 'unusable'
  parents: string[]
  change: string
  mutator: string | null
  score: number | null
  reason: string
  stage: string | null
  metrics: Record<string, number>
  /** As screened: nothing in a trace is a confirmed speedup. */
  purpose: 'screening'
  speedup: Program['speedup']
  calls: Program['calls']
  hash: string | null
  source: string | null
  seconds: number
  startedAt: number | null
  usage: { model: string; promptTokens: number; completionTokens: number; cost: number }[]
}

/** Names one execution chain of a run, so that a run id used again does not mix with its predecessor. */
export interface RunIdentity {
  id: string
  firstExecutionRunId: string
}

export interface AppendTraceInput {
  run: RunIdentity
  records: TraceRecord[]
}

export interface ExportInput {
  run: RunIdentity
  status: RunStatus
  best: Program
  population: FinalPopulation
}

export interface ExportResult {
  folder: string
}

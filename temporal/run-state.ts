import type { Speedups } from './evaluation.ts'
import type { Drawn, Injection, Mutator } from './generation.ts'
import type { Failure } from './mutation.ts'
import type { Draw } from './population.ts'
import type { ProblemSnapshot } from './problem.ts'
import type { Program } from './program.ts'
import type { RunConfig } from './run-config.ts'

/** An island between two of its generations. */
export interface IslandState {
  index: number
  /** Generations completed. */
  generation: number
  /** Iterations used up: candidates drawn, injected ones left out. */
  drawn: number
  /** Where this run began: more than 0 only where it resumed another. */
  began: { generation: number; drawn: number }
  programs: Program[]
  /**
   * Bytes that may join before programs are weighed again, compressed; absent while they fit without that.
   */
  headroom?: number
  /** Parents of the next generation, as selection chose them. */
  draws: Draw[]
  /** Keys of evaluated sources, newest last, see workflows/seen.ts. */
  seen: string
  /** Newest last. */
  failures: Failure[]
  /** Generation of the last migration this island took part in. */
  migratedAt: number
  /** Migrants that wait for this island to reach a generation: generation → programs. */
  inbox: Record<string, Program[]>
}

/** Sums over the run. */
export interface Ledger {
  evaluated: number
  rejected: number
  failed: number
  /** Set aside after they took their worker down again and again; not among the evaluated. */
  unresolved: number
  duplicates: number
  unusable: number
  evictedForSize: number
  modelCalls: number
  promptTokens: number
  completionTokens: number
  /** US dollars. */
  cost: number
  deviceSeconds: number
  /** Milliseconds since the epoch; 0 before the first evaluation. */
  firstEvaluationAt: number
  lastEvaluationAt: number
  /** Kinds of worker that scored programs, see measured-by.ts; absent in runs begun by earlier versions. */
  measuredBy?: string[]
}

/** Where a retained program came from. */
export interface LineageEntry {
  id: string
  parents: string[]
  island: number
  generation: number
  score: number
  change: string
}

/** What messages change while a run goes on. */
export interface RunControl {
  /** Why the run waits; `null` while it goes on. */
  paused: string | null
  stopping: boolean
  /** Which bound of the budget ended the search, and how; `null` while there is one. */
  spent: string | null
  /** Iterations added by `extend`. */
  extended: number
  injections: Injection[]
  injected: number
  /** Invalid signals, newest last, at most 10. */
  ignored: string[]
}

/** How one confirmation ended. */
export interface ConfirmationRecord {
  /** 1 for the first one. */
  index: number
  programId: string
  /** Hash of the program's source. */
  hash: string
  /** `not measured`: the evaluation failed for reasons that are not the program's. */
  outcome: 'confirmed' | 'not confirmed' | 'not measured'
  /** Its figures; `null` where it was not scored. */
  speedup: Speedups | null
  /** Why not, where it was not confirmed. */
  reason: string
}

/** The winner on one workload that it was not evolved on. */
export interface HeldOutRecord {
  preset: string
  programId: string
  hash: string
  /** `not measured`: the evaluation failed for reasons that are not the program's. */
  outcome: 'scored' | 'fails' | 'not measured'
  /** Its screened figures; `null` where it was not scored. */
  speedup: Speedups | null
  /** Why there are none. */
  reason: string
}

/** What a run may report as speedups, and how it got there. */
export interface Confirmations {
  /** Made so far, whatever came of them; those of the runs that this one resumes included. */
  spent: number
  /** Of these, made by the runs that this one resumes. */
  before: number
  /** Made at the end that came after so many generations: pausing there grants no more of them. */
  atEnd: { generations: number; tried: number }
  /** The confirmed best program, with the figures of its confirmation. */
  incumbent: Program | null
  /** Newest last; bounded. */
  records: ConfirmationRecord[]
  heldOut: HeldOutRecord[]
}

/** How the search has gone, as it was looked at where all islands had made the same number of generations. */
export interface Progress {
  /** That number. */
  checkedAt: number
  /** The best score then. */
  best: number
  /** Iterations after which it was first seen. */
  since: number
}

/** Proposals of an island's next generation, made before it. */
export interface DrawnAhead {
  island: number
  generation: number
  /** In the order of the island's draws. */
  drawn: Drawn[]
}

/** Everything a run carries through continue-as-new. JSON only: no Map, no Set. */
export interface RunState {
  version: 3
  config: RunConfig
  problem: ProblemSnapshot
  mutator: Mutator
  /** Search attributes that the server knows. */
  searchAttributes: string[]
  /** Days the server keeps closed runs. */
  retentionDays: number | null
  /** Milliseconds since the epoch. */
  startedAt: number
  /** Chip that evaluated the initial program; `null` where the evaluation does not say. */
  chip: string | null
  /** Machine facts of the last confirmation; before there is one, of the initial program's evaluation. */
  environment: Record<string, string>
  initial: Program
  islands: IslandState[]
  ledger: Ledger
  lineage: LineageEntry[]
  progress: Progress
  confirmations: Confirmations
  control: RunControl
  /** Absent where there are none. */
  drawnAhead?: DrawnAhead[]
}

/** The population a run ends with: what its export is given and what `resume` starts from. */
export interface FinalPopulation {
  problem: ProblemSnapshot
  config: RunConfig
  initial: Program
  islands: IslandState[]
  lineage: LineageEntry[]
  chip: string | null
  environment: Record<string, string>
  confirmations: Confirmations
  /** Programs injected so far, so that ids go on where a run is resumed. */
  injected: number
}

import type { Evaluation } from './evaluation.ts'
import type { Failure, MutationResult, Usage } from './mutation.ts'
import type { Draw } from './population.ts'
import type { Program, Proposal } from './program.ts'
import type { RunConfig } from './run-config.ts'

export type Mutator = 'offline' | 'model'

/** A source that a user injected and that waits for its evaluation. */
export interface Injection {
  id: string
  source: string
}

/** What a draw came to, and the model calls that it took. */
export interface Drawn {
  result: MutationResult
  usage: Usage[]
}

/** Input of the `generation` workflow: everything one island's next candidates are made from. */
export interface GenerationInput {
  evolutionId: string
  /** Id of the run's first execution; missing where a generation was started before replies were kept. */
  firstExecutionRunId?: string
  island: number
  /** 1 is the first generation. */
  generation: number
  /** The island's last migration, for whoever folds results again; missing in generations of earlier versions. */
  migratedAt?: number
  draws: Draw[]
  /** What the draws came to, where that is known already. */
  drawn?: Drawn[]
  injections: Injection[]
  /** Every program that a draw names. */
  programs: Program[]
  failures: Failure[]
  /** Keys of the sources that this island has evaluated, see workflows/seen.ts. */
  seen: string
  initialSource: string
  problem: { name: string; description: string; hash: string }
  mutator: Mutator
  config: Pick<RunConfig, 'seed' | 'mutation' | 'evaluation'>
}

/** What became of one draw. */
export type Candidate =
  | { outcome: 'evaluated'; proposal: Proposal; evaluation: Evaluation; usage: Usage[] }
  | { outcome: 'duplicate'; id: string; hash: string; change: string; usage: Usage[] }
  | { outcome: 'unusable'; id: string; reason: string; usage: Usage[] }

/** One generation, its candidates in the order they were drawn. */
export interface GenerationResult {
  island: number
  generation: number
  candidates: Candidate[]
}

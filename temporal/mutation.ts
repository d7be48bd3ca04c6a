import { z } from 'zod'
import type { Program } from './program.ts'
import { proposal } from './program.ts'
import type { MutationConfig } from './run-config.ts'

/** A recent candidate of the island that did not work; the prompt warns against repeating it. */
export const failure = z.object({ change: z.string(), stage: z.string(), reason: z.string() })
export type Failure = z.infer<typeof failure>

/** What one draw is made from. One call of a mutation activity is one attempt of one draw. */
export interface MutateInput {
  /** Id of the program to be made. */
  id: string
  /** Id of the run's first execution; its replies are kept under it. */
  run: string
  /** Seeds the draw: `<run seed>/<island>/<generation>/<draw>`, so equal in every replay and on every machine. */
  draw: string
  problem: { name: string; description: string }
  parent: Program
  /** Best programs of the island, the parent left out. */
  top: Program[]
  /** Programs of the island far from the parent. */
  diverse: Program[]
  failures: Failure[]
  /** Features are measured against it. */
  initialSource: string
  config: MutationConfig
  /** Set on the one repair attempt: the reply that had no usable patch and what was wrong with it. */
  repair?: { reply: string; reason: string }
}

/** What one model call cost. `cost` is US dollars at the configured prices. */
export const usage = z.object({
  model: z.string(),
  promptTokens: z.number().int().nonnegative(),
  completionTokens: z.number().int().nonnegative(),
  cost: z.number().nonnegative(),
})
export type Usage = z.infer<typeof usage>

/** A draw's outcome: a new program, or a reply that holds none. */
export const mutationResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('proposed'), proposal, usage: usage.nullable() }),
  z.object({
    outcome: z.literal('unusable'),
    reason: z.string(),
    /** The reply, cut to a bounded length, for the repair attempt. */
    reply: z.string(),
    usage: usage.nullable(),
  }),
])
export type MutationResult = z.infer<typeof mutationResult>

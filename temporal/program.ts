import { z } from 'zod'
import { calls, speedups } from './evaluation.ts'

/** Program ids are `initial`, `i<island>-g<generation>-d<draw>` or `injected-<n>`. */
export const programId = z.string().regex(/^[a-z0-9-]{1,64}$/, 'lower-case letters, digits and dashes, at most 64')

/** Position of a program in feature space: dimension name → value in that dimension's own unit. */
export const features = z.record(z.string(), z.number())
export type Features = z.infer<typeof features>

/** A candidate as mutation hands it to evaluation. */
export const proposal = z.object({
  id: programId,
  source: z.string().min(1),
  /** SHA-256 of the source, hex. */
  hash: z.string().length(64),
  /** Ids of the programs it was made from; empty for initial and injected programs. */
  parents: z.array(programId),
  /** What the mutation did, in a line: `contiguous operand (line 31)` or the model's own summary. */
  change: z.string(),
  /** `offline`, `given`, or the model's name. */
  mutator: z.string(),
  features,
})
export type Proposal = z.infer<typeof proposal>

/** A proposal that has been scored: what populations hold. */
export const program = proposal.extend({
  island: z.number().int().nonnegative(),
  generation: z.number().int().nonnegative(),
  score: z.number(),
  metrics: z.record(z.string(), z.number()),
  /** Bounded text that the evaluation wants the next prompt to see: name → text. */
  artifacts: z.record(z.string(), z.string()),
  speedup: speedups.nullable(),
  calls: calls.nullable(),
})
export type Program = z.infer<typeof program>

import { z } from 'zod'

/**
 * A problem folder's `config.yaml`.
 *
 * `run` holds defaults for the RunConfig (any of its fields but `problem`); what a run's own input says wins.
 */
export const problemConfig = z.strictObject({
  description: z.string().max(1000).default(''),
  /** File in the folder that evolution starts from; it carries the EVOLVE-BLOCK markers. */
  initialProgram: z.string().default('initial_program.py'),
  /** `function`: `evaluator.py` with `evaluate(program_path) -> dict`. `training`: the MLX training harness. */
  evaluator: z.enum(['function', 'training']).default('function'),
  /** Same program, same score, always: scores then enter the digest. */
  deterministic: z.boolean().default(false),
  run: z.record(z.string(), z.json()).default({}),
})
export type ProblemConfig = z.infer<typeof problemConfig>

/** A problem folder as it goes into history: read once, carried along, cached by hash. */
export const problemSnapshot = z.object({
  name: z.string(),
  /** SHA-256 over names and contents, hex. */
  hash: z.string().length(64),
  config: problemConfig,
  /** Relative path → text. */
  files: z.record(z.string(), z.string()),
})
export type ProblemSnapshot = z.infer<typeof problemSnapshot>

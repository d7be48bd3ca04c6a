import { z } from 'zod'

/** A ratio of step times, reference over candidate: 1.10 is ten per cent faster. */
export const speedup = z.object({
  median: z.number().positive(),
  /** Bounds of the 95 % confidence interval. */
  low: z.number().positive(),
  high: z.number().positive(),
  /** Paired blocks behind the interval. */
  pairs: z.number().int().positive(),
})
export type Speedup = z.infer<typeof speedup>

/** Both baselines; `null` where this evaluation did not measure one. */
export const speedups = z.object({ eager: speedup.nullable(), compiled: speedup.nullable() })
export type Speedups = z.infer<typeof speedups>

/** Python-level calls per seam, in the forward and in the backward pass of one traced step. */
export const calls = z.record(
  z.string(),
  z.object({ forward: z.number().int().nonnegative(), backward: z.number().int().nonnegative() }),
)

/** Where an evaluation stopped. */
export const stage = z.enum([
  'load',
  'static',
  'correctness',
  'reached',
  'timing',
  'evaluate',
  'timeout',
  'crash',
  'complete',
])

const common = {
  /** Seconds on the device, waiting for it left out. */
  seconds: z.number().nonnegative(),
  /** When the device was taken, milliseconds since the epoch. */
  startedAt: z.number(),
  /** Bounded text for the next prompt: name → text. */
  artifacts: z.record(z.string(), z.string()),
  /** Machine facts: chip, os, mlx, device. */
  environment: z.record(z.string(), z.string()),
}

/** The program works; `score` is its fitness. */
export const scored = z.object({
  verdict: z.literal('scored'),
  stage: z.literal('complete'),
  reason: z.string(),
  score: z.number(),
  metrics: z.record(z.string(), z.number()),
  speedup: speedups.nullable(),
  calls: calls.nullable(),
  ...common,
})

/** The program runs but is not an honest, correct candidate: wrong gradients, seam never reached, forbidden import. */
export const rejected = z.object({ verdict: z.literal('rejected'), stage, reason: z.string(), ...common })

/** The program does not run: does not parse, raises, crashes, hangs. */
export const failed = z.object({ verdict: z.literal('failed'), stage, reason: z.string(), ...common })

/** A verdict on a candidate. Infrastructure trouble is thrown, never encoded here. */
export const evaluation = z.discriminatedUnion('verdict', [scored, rejected, failed])
export type Evaluation = z.infer<typeof evaluation>
export type Scored = z.infer<typeof scored>

/** Input of the `evaluate` activity. */
export interface EvaluateInput {
  id: string
  source: string
  hash: string
  problem: { name: string; hash: string }
  /** Workflow id of the evolution that carries the problem's snapshot. */
  evolutionId: string
  /** Seeds the evaluation's data. */
  seed: number
  timeoutSeconds: number
  options: Record<string, unknown>
  /** The compiled baseline is measured too where the score exceeds this; `null` never. */
  compiledAbove: number | null
  /** `screening` during the search; `confirmation` once more at the end, longer, with data selection never saw. */
  purpose: 'screening' | 'confirmation'
}

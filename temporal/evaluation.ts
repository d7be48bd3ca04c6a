import { z } from 'zod'

/** A ratio of step times, reference over candidate: 1.10 is ten per cent faster. */
export const speedup = z.object({
  median: z.number().positive(),
  /** Bounds of the confidence interval: 95 % when screening, wider the more confirmations a run has made. */
  low: z.number().positive(),
  high: z.number().positive(),
  /** Paired blocks behind the interval. */
  pairs: z.number().int().positive(),
  /** Fresh pairs of processes that the blocks come from; 0 where one pair was kept. */
  launches: z.number().int().nonnegative().default(0),
})
export type Speedup = z.infer<typeof speedup>

/** Over both baselines, and over the run's incumbent; `null` where this evaluation did not measure one. */
export const speedups = z.object({
  eager: speedup.nullable(),
  compiled: speedup.nullable(),
  incumbent: speedup.nullable().default(null),
})
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
  /** Measured as a confirmation is: a speedup where the interval also lies above 1. */
  confirmed: z.boolean().default(false),
  ...common,
})

/** The program runs but is not an honest, correct candidate: wrong gradients, seam never reached, forbidden import. */
export const rejected = z.object({ verdict: z.literal('rejected'), stage, reason: z.string(), ...common })

/** The program does not run: does not parse, raises, crashes, hangs. */
export const failed = z.object({ verdict: z.literal('failed'), stage, reason: z.string(), ...common })

/**
 * The program took its worker down so often that it is not started again. Said by the worker, by its own journal: it is
 * set aside, which is no measure of its fitness.
 */
export const unresolved = z.object({
  verdict: z.literal('unresolved'),
  stage: z.literal('crash'),
  reason: z.string(),
  ...common,
})

/** A verdict on a candidate. Infrastructure trouble is thrown, never encoded here. */
export const evaluation = z.discriminatedUnion('verdict', [scored, rejected, failed, unresolved])
export type Evaluation = z.infer<typeof evaluation>
export type Scored = z.infer<typeof scored>

export type Purpose = 'screening' | 'confirmation'

export interface ConfirmationRequest {
  /** 1 for a run's first confirmation: the j-th one spends α/(j(j+1)) of the run's error budget. */
  index: number
  /** Source of the run's confirmed best program, measured alongside; `null` while there is none. */
  incumbentSource: string | null
}

/** Input of the `evaluate` activity. */
export interface EvaluateInput {
  /** Absent in evaluations asked for before there was one, which was version 1. */
  protocol?: number
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
  /** `screening` during the search; `confirmation` over fresh processes, with data that selection never saw. */
  purpose: Purpose
  /** What a confirmation needs beside the program; `null` for a screening. */
  confirmation: ConfirmationRequest | null
}

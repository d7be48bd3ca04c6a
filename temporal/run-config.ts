import { z } from 'zod'

const count = (max: number) => z.number().int().min(1).max(max)
const ratio = z.number().min(0).max(1)

/** One axis of the MAP-Elites grid. Values are clamped into [min, max]. */
export const featureDimension = z
  .strictObject({
    /** `complexity` (length relative to the initial program), `diversity` (distance from it), or a metric's name. */
    name: z.string().min(1),
    min: z.number(),
    max: z.number(),
    bins: count(1000),
    scale: z.enum(['linear', 'log']).default('linear'),
  })
  .refine((axis) => axis.min < axis.max, { error: 'min must be below max', path: ['min'] })
  .refine((axis) => axis.scale === 'linear' || axis.min > 0, { error: 'a log scale needs min above 0', path: ['min'] })
export type FeatureDimension = z.infer<typeof featureDimension>

const selection = z
  .strictObject({
    features: z
      .array(featureDimension)
      .min(1)
      .max(4)
      .default([
        { name: 'complexity', min: 0.5, max: 4, bins: 10, scale: 'log' },
        { name: 'diversity', min: 0.01, max: 1, bins: 10, scale: 'log' },
      ]),
    /** Best programs kept per island whatever their cell. */
    archiveSize: count(1000).default(16),
    /** Share of parents drawn uniformly from the grid. */
    explorationRatio: ratio.default(0.3),
    /** Share of parents drawn from the archive by rank. */
    exploitationRatio: ratio.default(0.5),
    /** Share of parents that are the island's best; the three shares add up to 1. */
    eliteRatio: ratio.default(0.2),
    /** Programs shown beside the parent: this many of the best, this many far from it. */
    topPrograms: z.number().int().min(0).max(10).default(2),
    diversePrograms: z.number().int().min(0).max(10).default(1),
  })
  .refine((s) => Math.abs(s.explorationRatio + s.exploitationRatio + s.eliteRatio - 1) < 1e-9, {
    error: 'explorationRatio, exploitationRatio and eliteRatio must add up to 1',
    path: ['explorationRatio'],
  })
export type SelectionConfig = z.infer<typeof selection>

const migration = z.strictObject({
  /** Generations between migrations. */
  every: count(10_000).default(4),
  /** Programs each island sends to the next one. */
  migrants: count(100).default(1),
})

export const modelConfig = z.strictObject({
  name: z.string().min(1),
  weight: z.number().positive().default(1),
  /** US dollars per million tokens, for the cost report and for `budget.dollars`. */
  promptPrice: z.number().nonnegative().default(0),
  completionPrice: z.number().nonnegative().default(0),
})
export type ModelConfig = z.infer<typeof modelConfig>

const mutation = z.strictObject({
  /** `auto` is the model where the orchestrator has an API key, the offline mutator elsewhere. */
  mutator: z.enum(['auto', 'offline', 'model']).default('auto'),
  models: z
    .array(modelConfig)
    .min(1)
    .max(16)
    .default([{ name: 'gpt-5-mini', weight: 1, promptPrice: 0, completionPrice: 0 }]),
  /** `diff` asks for SEARCH/REPLACE blocks, `rewrite` for the whole evolve block. */
  reply: z.enum(['diff', 'rewrite']).default('diff'),
  temperature: z.number().min(0).max(2).nullable().default(null),
  maxTokens: count(1_000_000).default(8192),
  timeoutSeconds: count(3600).default(300),
  /** What the model is told about the problem; a problem's config usually sets it. */
  instructions: z.string().max(50_000).default(''),
  /** Longest program accepted, in characters. */
  maxProgramLength: count(200_000).default(50_000),
})
export type MutationConfig = z.infer<typeof mutation>

const evaluationConfig = z.strictObject({
  /** Bound on one evaluation's time on the device; then its process tree is killed. */
  timeoutSeconds: z.number().positive().max(86_400).default(120),
  /** Handed to the problem's evaluator as it is, e.g. `{"preset": "small"}`. */
  options: z.record(z.string(), z.json()).default({}),
})

/** When screened programs are confirmed, see docs/confirmation.md. Only those of `evaluator: training` are. */
const confirmation = z.strictObject({
  /** Fresh pairs of processes that a confirmation is measured over. */
  launches: z.number().int().min(5).max(100).default(8),
  /**
   * Confirmations a run makes; the last one is kept for its end, 0 is none. `null` is 2 for a run of 20 iterations, and
   * one more whenever that doubles; below 40 iterations both are kept for the end.
   */
  maximum: z.number().int().min(0).max(50).nullable().default(null),
  /** While nothing is confirmed and the run goes on, a screened lower bound must exceed this. */
  above: z.number().min(1).max(100).default(1.02),
  /** Later it must exceed the incumbent's confirmed median, and its lower bound by this share. */
  margin: ratio.default(0.01),
})
export type ConfirmationConfig = z.infer<typeof confirmation>

/** Each bound of a budget, `null` where there is none. */
export const budgetBounds = {
  /** US dollars of model calls, at the prices of `mutation.models`. A call is made only if its dearest case fits. */
  dollars: z.number().positive().max(1e9).nullable(),
  /** Hours since the run's start. */
  hours: z.number().positive().max(87_600).nullable(),
  /** A score that is enough. Of timed problems it is the lower bound of the speedup. */
  target: z.number().nullable(),
  /** Iterations without a better score after which a run is given up. */
  patience: count(10_000_000).nullable(),
}

/** What ends a run before its iterations are used up. What is in flight is finished, and nothing paid for is lost. */
const budget = z.strictObject({
  dollars: budgetBounds.dollars.default(null),
  hours: budgetBounds.hours.default(null),
  target: budgetBounds.target.default(null),
  patience: budgetBounds.patience.default(null),
})
export type Budget = z.infer<typeof budget>

const resumeFrom = z.strictObject({ workflowId: z.string().min(1), runId: z.string().min(1) })
export type ResumeFrom = z.infer<typeof resumeFrom>

const forkFrom = z.strictObject({
  workflowId: z.string().min(1),
  /** An execution of it; the newest where it is left out. */
  runId: z.guid().optional(),
  /** 0 is what it started with. */
  generation: z.number().int().min(0).max(10_000_000),
})
export type ForkFrom = z.infer<typeof forkFrom>

/** Everything a run can be told. Only `problem` is required; a problem's config gives defaults of its own. */
export const runConfig = z
  .strictObject({
    /** Name of a folder under the problem roots, or a path to one. */
    problem: z.string().min(1),
    /** Candidates to draw, over all islands. */
    iterations: count(10_000_000).default(24),
    seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
    islands: count(32).default(4),
    /** Islands that may have a generation in flight at once; 0 means all. Does not change the outcome. */
    concurrentIslands: z.number().int().min(0).max(32).default(0),
    candidatesPerGeneration: count(16).default(2),
    budget: budget.prefault({}),
    selection: selection.prefault({}),
    migration: migration.prefault({}),
    mutation: mutation.prefault({}),
    evaluation: evaluationConfig.prefault({}),
    confirmation: confirmation.prefault({}),
    /** Presets of the training workload that the winner is measured on after the run: sizes it was not evolved on. */
    heldOut: z.array(z.string().min(1).max(64)).max(8).default([]),
    /** Workflow whose final population this run starts from; set by `mlx-evolve resume`. */
    resumeFrom: resumeFrom.optional(),
    /** Workflow whose population after a generation this run starts from; set by `mlx-evolve fork`. */
    forkFrom: forkFrom.optional(),
  })
  .refine((config) => config.resumeFrom === undefined || config.forkFrom === undefined, {
    error: 'resumeFrom is there too, expected one of them',
    path: ['forkFrom'],
  })
export type RunConfig = z.infer<typeof runConfig>
export type RunInput = z.input<typeof runConfig>

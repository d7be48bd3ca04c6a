import { ApplicationFailure } from '@temporalio/common'
import { missingDimension } from '../activities/selection/cell.ts'
import type { Evaluation } from '../temporal/evaluation.ts'
import type { Mutator } from '../temporal/generation.ts'
import type { ProblemSnapshot } from '../temporal/problem.ts'
import type { Program, Proposal } from '../temporal/program.ts'
import type { OrchestratorFacts } from '../temporal/run-activities.ts'
import type { RunConfig } from '../temporal/run-config.ts'
import type { IslandState, Ledger, RunControl, RunState } from '../temporal/run-state.ts'
import { mergeSettings } from '../temporal/settings.ts'
import { progressFrom } from '../temporal/upgrade.ts'
import { countEvaluation, toProgram } from './admit.ts'
import { noConfirmations } from './confirmation-rule.ts'
import { lineageOf } from './lineage.ts'
import { memberOf } from './members.ts'
import { remember } from './seen.ts'
import { parseRunConfig } from './settings.ts'

export const emptyLedger: Ledger = {
  evaluated: 0,
  rejected: 0,
  failed: 0,
  unresolved: 0,
  duplicates: 0,
  unusable: 0,
  evictedForSize: 0,
  modelCalls: 0,
  promptTokens: 0,
  completionTokens: 0,
  cost: 0,
  deviceSeconds: 0,
  firstEvaluationAt: 0,
  lastEvaluationAt: 0,
}

const newIsland = (initial: Program, index: number): IslandState => ({
  index,
  generation: 0,
  drawn: 0,
  began: { generation: 0, drawn: 0 },
  programs: [initial],
  draws: [],
  seen: remember('', [initial.hash]),
  failures: [],
  migratedAt: 0,
  inbox: {},
})

export const newControl = (): RunControl => ({
  paused: null,
  stopping: false,
  spent: null,
  extended: 0,
  injections: [],
  injected: 0,
  ignored: [],
})

/**
 * A run's settings: its input over those of its problem, defaults filled in.
 * @throws ApplicationFailure InvalidInput, non-retryable, naming every bad field.
 */
export const configOf = (input: unknown, problem: ProblemSnapshot): RunConfig => {
  const { problem: asked } = parseRunConfig(input, 'invalid run input')
  return parseRunConfig(
    mergeSettings({ problem: asked, ...problem.config.run }, input),
    `invalid run input over the settings of ${problem.name}/config.yaml`,
  )
}

export const mutatorFor = (config: RunConfig, facts: OrchestratorFacts): Mutator =>
  config.mutation.mutator === 'auto' ? facts.mutator : config.mutation.mutator

/** What is known of a run before it has a population. */
export type StateBase = Omit<RunState, 'initial' | 'islands' | 'ledger' | 'lineage' | 'progress'>

/** What a run is made of before there are results. */
export interface Beginning extends Pick<RunState, 'config' | 'problem' | 'startedAt' | 'control'> {
  facts: OrchestratorFacts
}

export const stateBase = ({ config, problem, startedAt, control, facts }: Beginning): StateBase => ({
  version: 3,
  config,
  problem,
  mutator: mutatorFor(config, facts),
  searchAttributes: facts.searchAttributes,
  retentionDays: facts.retentionDays,
  startedAt,
  chip: null,
  environment: {},
  confirmations: noConfirmations(),
  control,
})

/**
 * The state of a run that starts from its initial program.
 * @throws ApplicationFailure, non-retryable, where that program has no score, or not what the grid asks for.
 */
export const freshState = (base: StateBase, proposal: Proposal, evaluation: Evaluation): RunState => {
  const { problem, config } = base
  if (evaluation.verdict === 'unresolved') {
    const message = `the initial program of ${problem.name} is unresolved: it ${evaluation.reason}`
    throw ApplicationFailure.nonRetryable(message, 'InitialProgramUnresolved')
  }
  if (evaluation.verdict !== 'scored') {
    const message = `the initial program of ${problem.name} was ${evaluation.verdict} at stage ${evaluation.stage}: ${evaluation.reason}`
    throw ApplicationFailure.nonRetryable(message, 'InitialProgramInvalid')
  }
  const initial = toProgram(proposal, evaluation, 0, 0)
  refuseMissingDimension(config, initial)
  const islands = Array.from({ length: config.islands }, (_, index) => newIsland(initial, index))
  return {
    ...base,
    chip: evaluation.environment.chip ?? null,
    environment: evaluation.environment,
    initial,
    islands,
    progress: progressFrom(islands, initial.score),
    ledger: countEvaluation(emptyLedger, evaluation),
    lineage: [lineageOf(initial)],
  }
}

/** @throws ApplicationFailure InvalidInput, non-retryable, where programs lack a dimension of the grid. */
export const refuseMissingDimension = (config: RunConfig, initial: Program): void => {
  const missing = missingDimension(config.selection.features, memberOf(initial).features)
  if (missing !== null) throw ApplicationFailure.nonRetryable(missing, 'InvalidInput')
}

import { ApplicationFailure, proxyActivities } from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { missingDimension } from '../activities/selection/cell.ts'
import { seedFrom } from '../activities/selection/random.ts'
import { runOptions } from '../temporal/activity-options.ts'
import { initialProgramId } from '../temporal/names.ts'
import type { Program } from '../temporal/program.ts'
import type { OrchestratorFacts } from '../temporal/run-activities.ts'
import type { RunConfig } from '../temporal/run-config.ts'
import type { IslandState, Ledger, RunState } from '../temporal/run-state.ts'
import { mergeSettings } from '../temporal/settings.ts'
import { progressFrom, upgradePopulation } from '../temporal/upgrade.ts'
import { countEvaluation, toProgram } from './admit.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { bestOf } from './best.ts'
import { noConfirmations } from './confirmation-rule.ts'
import { prepare } from './draw.ts'
import { lineageOf } from './lineage.ts'
import { memberOf } from './members.ts'
import type { Run } from './run.ts'
import { remember } from './seen.ts'
import { parseRunConfig } from './settings.ts'
import { unpricedModel } from './spending.ts'

const { loadProblem, inspectOrchestrator, loadFinalPopulation } =
  proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

const emptyLedger: Ledger = {
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

const freshState = async (run: Run, base: StateBase): Promise<RunState> => {
  const { problem, config } = base
  const source = problem.files[problem.config.initialProgram] ?? ''
  const prepared = await prepare(initialProgramId, source, source)
  if (prepared.outcome === 'unusable') {
    const file = `${problem.name}/${problem.config.initialProgram}`
    throw ApplicationFailure.nonRetryable(`${file}: ${prepared.reason}`, 'InitialProgramInvalid')
  }
  run.reason = 'evaluating the initial program'
  const evaluation = await askEvaluation({ evolutionId: run.identity.id, problem, config }, prepared.proposal, {
    summary: 'initial program',
    seed: seedFrom(`${config.seed}/initial`),
  })
  if (evaluation.verdict === 'unresolved') {
    const message = `the initial program of ${problem.name} is unresolved: it ${evaluation.reason}`
    throw ApplicationFailure.nonRetryable(message, 'InitialProgramUnresolved')
  }
  if (evaluation.verdict !== 'scored') {
    const message = `the initial program of ${problem.name} was ${evaluation.verdict} at stage ${evaluation.stage}: ${evaluation.reason}`
    throw ApplicationFailure.nonRetryable(message, 'InitialProgramInvalid')
  }
  const initial = toProgram(prepared.proposal, evaluation, 0, 0)
  const missing = missingDimension(config.selection.features, memberOf(initial).features)
  if (missing !== null) throw ApplicationFailure.nonRetryable(missing, 'InvalidInput')
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

/** The next run's start from a finished run's final population: same islands, same memories, further draws. */
const resumedState = async (run: Run, base: StateBase, from: ResumeFrom): Promise<RunState> => {
  const { problem, config, initial, islands, lineage, chip, environment, confirmations, injected } = upgradePopulation(
    await loadFinalPopulation(from),
  )
  if (problem.hash !== base.problem.hash) {
    const message = `resumeFrom: run ${from.workflowId} evolved ${problem.name} (${problem.hash.slice(0, 12)}), this run's problem is ${base.problem.name} (${base.problem.hash.slice(0, 12)}); both must be the same`
    throw ApplicationFailure.nonRetryable(message, 'InvalidInput')
  }
  run.control.injected += injected
  const state: Omit<RunState, 'progress'> = {
    ...base,
    // The number of islands is part of a population.
    config: { ...base.config, islands: config.islands },
    chip,
    environment,
    // What is confirmed stays so, and the error budget goes on where it was.
    confirmations: { ...confirmations, before: confirmations.spent },
    initial,
    islands: islands.map((island) => ({
      ...island,
      draws: [],
      began: { generation: island.generation, drawn: island.drawn },
    })),
    ledger: emptyLedger,
    lineage,
  }
  return { ...state, progress: progressFrom(islands, bestOf(state).score) }
}

type ResumeFrom = NonNullable<RunConfig['resumeFrom']>
type StateBase = Omit<RunState, 'initial' | 'islands' | 'ledger' | 'lineage' | 'progress'>

const mutatorFor = (config: RunConfig, facts: OrchestratorFacts) =>
  config.mutation.mutator === 'auto' ? facts.mutator : config.mutation.mutator

/**
 * Everything before the first generation: settings, problem, facts, the initial program's score.
 * @throws ApplicationFailure, non-retryable, for anything wrong with input, problem or initial program.
 */
export const begin = async (run: Run, input: unknown): Promise<RunState> => {
  const asked = parseRunConfig(input, 'invalid run input')
  const problem = await loadProblem({ problem: asked.problem })
  run.problem = problem
  run.problemName = problem.name
  const config = parseRunConfig(
    mergeSettings({ problem: asked.problem, ...problem.config.run }, input),
    `invalid run input over the settings of ${problem.name}/config.yaml`,
  )
  const facts = await inspectOrchestrator()
  const unpriced = unpricedModel(config, mutatorFor(config, facts))
  if (unpriced !== null) throw ApplicationFailure.nonRetryable(unpriced, 'InvalidInput')
  const base: StateBase = {
    version: 3,
    config,
    problem,
    mutator: mutatorFor(config, facts),
    searchAttributes: facts.searchAttributes,
    retentionDays: facts.retentionDays,
    startedAt: run.startedAt,
    chip: null,
    environment: {},
    confirmations: noConfirmations(),
    control: run.control,
  }
  return config.resumeFrom === undefined ? freshState(run, base) : resumedState(run, base, config.resumeFrom)
}

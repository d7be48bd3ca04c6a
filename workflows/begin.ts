import { ApplicationFailure, proxyActivities } from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { seedFrom } from '../activities/selection/random.ts'
import { runOptions } from '../temporal/activity-options.ts'
import { initialProgramId } from '../temporal/names.ts'
import type { FinalPopulation, RunState } from '../temporal/run-state.ts'
import { upgradePopulation } from '../temporal/upgrade.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { prepare } from './draw.ts'
import { configOf, freshState, mutatorFor, type StateBase, stateBase } from './first-state.ts'
import { forkedState, resumedState } from './inherited-state.ts'
import type { Run } from './run.ts'
import { parseRunConfig } from './settings.ts'
import { unpricedModel } from './spending.ts'

const { loadProblem, inspectOrchestrator, loadFinalPopulation, loadPopulationAt } =
  proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

const fromInitialProgram = async (run: Run, base: StateBase): Promise<RunState> => {
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
  return freshState(base, prepared.proposal, evaluation)
}

/** Ids of programs that a person gives go on where the other run's ended. */
const inherit = (run: Run, loaded: FinalPopulation): FinalPopulation => {
  const population = upgradePopulation(loaded)
  run.control.injected += population.injected
  return population
}

/**
 * Everything before the first generation: settings, problem, facts, and the initial program's score or another run's
 * population.
 * @throws ApplicationFailure, non-retryable, for anything wrong with input, problem or initial program.
 */
export const begin = async (run: Run, input: unknown): Promise<RunState> => {
  const asked = parseRunConfig(input, 'invalid run input')
  const problem = await loadProblem({ problem: asked.problem })
  run.problem = problem
  run.problemName = problem.name
  const config = configOf(input, problem)
  const facts = await inspectOrchestrator()
  const unpriced = unpricedModel(config, mutatorFor(config, facts))
  if (unpriced !== null) throw ApplicationFailure.nonRetryable(unpriced, 'InvalidInput')
  const { startedAt, control } = run
  const base = stateBase({ config, problem, startedAt, control, facts })
  const { resumeFrom, forkFrom } = config
  if (resumeFrom !== undefined)
    return resumedState(base, resumeFrom, inherit(run, await loadFinalPopulation(resumeFrom)))
  if (forkFrom === undefined) return fromInitialProgram(run, base)
  run.reason = `reading generation ${forkFrom.generation} of ${forkFrom.workflowId}`
  return forkedState(base, forkFrom, inherit(run, await loadPopulationAt(forkFrom)), input)
}

import { ActivityFailure, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { createEvaluationActivities } from '../activities/evaluation/evaluate.ts'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { seedFrom } from '../activities/selection/random.ts'
import { evaluationOptions, runOptions } from '../temporal/activity-options.ts'
import type { Evaluation } from '../temporal/evaluation.ts'
import type { Program } from '../temporal/program.ts'
import type { ExportInput } from '../temporal/run-activities.ts'
import { countEvaluation, toProgram } from './admit.ts'
import { type Run, stateOf } from './run.ts'
import { bestOf, reportedBest, runStatus } from './status.ts'

const { evaluate } = proxyActivities<ReturnType<typeof createEvaluationActivities>>(evaluationOptions)
const { exportRun } = proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

/**
 * Measures the best program once more, with data that selection never saw: the best of many screened figures is the
 * luckiest one too. Deterministic problems and an unimproved initial program need none.
 */
export const confirmBest = async (run: Run): Promise<void> => {
  const state = stateOf(run)
  const best = bestOf(state)
  if (state.problem.config.evaluator !== 'training' || best.id === state.initial.id) return
  if (state.confirmed?.id === best.id) return // extended without finding anything better
  run.reason = `measuring ${best.id} once more with fresh data`
  try {
    const evaluation = await measureAgain(run, best)
    state.ledger = countEvaluation(state.ledger, evaluation)
    run.reason = ''
    if (evaluation.verdict === 'scored') state.confirmed = toProgram(best, evaluation, best.island, best.generation)
    else run.reason = `${best.id} was ${evaluation.verdict} when measured once more: ${evaluation.reason}`
  } catch (error) {
    // The run's results are worth more than this last look at them.
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    run.reason = `${best.id} could not be measured once more: ${error.cause?.message ?? error.message}`
  }
}

const measureAgain = (run: Run, best: Program): Promise<Evaluation> => {
  const state = stateOf(run)
  return evaluate.executeWithOptions({ summary: `${best.id} once more` }, [
    {
      id: best.id,
      source: best.source,
      hash: best.hash,
      problem: { name: state.problem.name, hash: state.problem.hash },
      evolutionId: run.identity.id,
      seed: seedFrom(`${state.config.seed}/confirmation/${best.id}`),
      timeoutSeconds: state.config.evaluation.timeoutSeconds,
      options: state.config.evaluation.options,
      compiledAbove: null,
      purpose: 'confirmation',
    },
  ])
}

/** What the export activity is given: the run as it is now. */
export const exportInput = (run: Run): ExportInput => {
  const state = stateOf(run)
  const { problem, config, initial, islands, lineage, chip } = state
  return {
    run: run.identity,
    status: runStatus(run, Date.now()),
    best: reportedBest(state).program,
    population: { problem, config, initial, islands, lineage, chip, injected: state.control.injected },
  }
}

/** Writes the run's folder; its input in history is what `resume` starts from. */
export const exportPopulation = async (run: Run): Promise<void> => {
  await exportRun(exportInput(run))
}

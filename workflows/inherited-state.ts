import { ApplicationFailure } from '@temporalio/common'
import type { ProblemSnapshot } from '../temporal/problem.ts'
import type { ForkFrom, ResumeFrom } from '../temporal/run-config.ts'
import type { FinalPopulation, RunState } from '../temporal/run-state.ts'
import { progressFrom } from '../temporal/upgrade.ts'
import { bestOf } from './best.ts'
import { emptyLedger, refuseMissingDimension, type StateBase } from './first-state.ts'

const refuseOtherProblem = (field: string, base: StateBase, workflowId: string, { name, hash }: ProblemSnapshot) => {
  if (hash === base.problem.hash) return
  const message = `${field}: run ${workflowId} evolved ${name} (${hash.slice(0, 12)}), this run's problem is ${base.problem.name} (${base.problem.hash.slice(0, 12)}); both must be the same`
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput')
}

/** What another run can start from. */
export const populationOf = (state: RunState): FinalPopulation => {
  const { problem, config, initial, islands, lineage, chip, environment, confirmations, control } = state
  return {
    ...{ problem, config, initial, islands, lineage, chip, environment, confirmations },
    injected: control.injected,
  }
}

/** State from another run's population: same islands, same memories, further draws. Its ids go on where they were. */
const inheritedState = (base: StateBase, population: FinalPopulation): RunState => {
  const { config, initial, islands, lineage, chip, environment, confirmations } = population
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
    ledger: { ...emptyLedger },
    lineage,
  }
  return { ...state, progress: progressFrom(islands, bestOf(state).score) }
}

/**
 * The next run's start from a finished run's final population; iterations are counted on.
 * @throws ApplicationFailure InvalidInput, non-retryable, where that run had another problem.
 */
export const resumedState = (base: StateBase, from: ResumeFrom, population: FinalPopulation): RunState => {
  refuseOtherProblem('resumeFrom', base, from.workflowId, population.problem)
  return inheritedState(base, population)
}

/**
 * A fork's start from another run's population; what a run counts starts afresh.
 * @throws ApplicationFailure InvalidInput, non-retryable, where that run had another problem, or where the fork asks for
 * what the population is not.
 */
export const forkedState = (base: StateBase, from: ForkFrom, population: FinalPopulation, input: unknown): RunState => {
  refuseOtherProblem('forkFrom', base, from.workflowId, population.problem)
  refuseMissingDimension(base.config, population.initial)
  const asked = (input as { islands?: unknown }).islands
  if (asked !== undefined && asked !== population.islands.length) {
    const message = `islands: a fork keeps the ${population.islands.length} islands of run ${from.workflowId}, found ${asked}`
    throw ApplicationFailure.nonRetryable(message, 'InvalidInput')
  }
  return inheritedState(base, { ...population, islands: population.islands.map((island) => ({ ...island, drawn: 0 })) })
}

import {
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import { workflowTaskTimeout } from '../temporal/activity-options.ts'
import type { RunState } from '../temporal/run-state.ts'
import type { Phase, RunStatus } from '../temporal/run-status.ts'
import { type AnyState, upgradeState } from '../temporal/upgrade.ts'
import { begin } from './begin.ts'
import { reconsiderTarget } from './budget.ts'
import { handleControl } from './control.ts'
import { evolveIslands, isDone } from './evolve-islands.ts'
import { exportPopulation, measureAtEnd } from './finish.ts'
import { handleQueries } from './queries.ts'
import { openRun, type Run, stateOf } from './run.ts'
import { runStatus } from './status.ts'
import { publish } from './visibility.ts'

/** What continue-as-new hands to the next execution of the chain. */
export interface Carried {
  carried: RunState
}

/** State of the chain's earlier execution. Nobody but continue-as-new may hand it in. */
const carriedState = (input: unknown): RunState | null => {
  if (workflowInfo().continuedFromExecutionRunId === undefined) return null
  return upgradeState((input as { carried: AnyState }).carried)
}

const problemNameIn = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'problem' in input ? String(input.problem) : ''

const continueRun = (carried: Carried): Promise<never> =>
  makeContinueAsNewFunc<(input: Carried) => Promise<RunStatus>>({ workflowTaskTimeout })(carried)

const close = (run: Run, phase: Phase, reason: string): void => {
  run.phase = phase
  run.reason = reason
}

/** However a run ends, what it has found is exported: nothing that was paid for is lost. */
const exportUnfinished = (run: Run, phase: Phase, reason: string): Promise<void> =>
  CancellationScope.nonCancellable(async () => {
    close(run, phase, reason)
    if (run.state === null) return
    publish(run)
    await exportPopulation(run)
  })

/**
 * Workflow type `evolution`: one run. Input is a RunConfig, every field optional but `problem`.
 *
 * @returns the run's whole summary.
 * @throws ApplicationFailure, non-retryable: InvalidInput, ProblemNotFound, ProblemInvalid, InitialProgramInvalid,
 * InitialProgramUnresolved.
 */
export async function evolution(input: unknown): Promise<RunStatus> {
  const run = openRun(problemNameIn(input), carriedState(input))
  handleControl(run)
  handleQueries(run, Date.now)
  try {
    run.state ??= await begin(run, input)
    run.reason = ''
    do {
      if ((await evolveIslands(run)) === 'continue-as-new') {
        await condition(allHandlersFinished)
        await continueRun({ carried: stateOf(run) })
      }
      await measureAtEnd(run, () => isDone(run))
      reconsiderTarget(run)
    } while (!isDone(run)) // extended, given a program or more budget meanwhile, or the target was not confirmed
    if (run.control.stopping) close(run, 'stopped', 'stopped by a person')
    else close(run, 'completed', run.control.spent ?? run.reason)
    publish(run)
    await exportPopulation(run)
    return runStatus(run, Date.now())
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error
    const cancelled = isCancellation(error)
    const reason = error instanceof TemporalFailure ? (error.cause?.message ?? error.message) : String(error)
    if (cancelled) await exportUnfinished(run, 'stopped', 'cancelled')
    else if (error instanceof TemporalFailure) await exportUnfinished(run, 'failed', reason)
    throw error
  }
}

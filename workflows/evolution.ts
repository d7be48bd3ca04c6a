import {
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import { workflowTaskTimeout } from '../temporal/activity-options.ts'
import { giveUpSignal, retrySignal } from '../temporal/blockage-signals.ts'
import type { RunState } from '../temporal/run-state.ts'
import type { Phase, RunStatus } from '../temporal/run-status.ts'
import { type AnyState, upgradeState } from '../temporal/upgrade.ts'
import { begin } from './begin.ts'
import { budgetSpent, reconsiderTarget } from './budget.ts'
import { confirm } from './confirm.ts'
import { nextConfirmation } from './confirmation-rule.ts'
import { handleControl } from './control.ts'
import { watchDeadline } from './deadline.ts'
import { hasDrawnAhead } from './drawn-ahead.ts'
import { exportPopulation, measureAtEnd } from './finish.ts'
import { needsFreshStart } from './fresh-start.ts'
import { handleQueries } from './queries.ts'
import { isEnding, openRun, type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { type Launch, startDrawingAhead, startSteps } from './start-steps.ts'
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

/** Confirms what promises enough, one program at a time, while islands go on. */
const startConfirmation = (run: Run, failures: unknown[]): void => {
  if (!run.confirmsOnTheWay || run.confirming !== null) return
  const program = nextConfirmation(stateOf(run), 'during')
  if (program !== null) confirm(run, program).catch((error: unknown) => failures.push(error))
}

const isDone = (run: Run): boolean => {
  const state = stateOf(run)
  const { stopping, spent, paused, injections } = run.control
  if (hasDrawnAhead(state)) return false
  const atRest = state.islands.every((island) => nextStep(state, island).do === 'rest')
  return stopping || ((spent !== null || (atRest && paused === null)) && injections.length === 0)
}

/** Tells blocked generations that a person has spoken. */
const releaseBlocked = async (run: Run): Promise<void> => {
  for (const flight of run.inFlight.values()) {
    if (flight.blocked === null || flight.child === null) continue
    flight.blocked = null
    try {
      await getExternalWorkflowHandle(flight.child).signal(isEnding(run) ? giveUpSignal : retrySignal)
    } catch (error) {
      // It closed meanwhile: its result, or the lack of one, arrives by itself.
      if (isCancellation(error)) throw error
      log.info('a blocked generation closed before it was told', { child: flight.child })
    }
  }
}

/** Runs islands until their quotas are used up or the run is stopped, or until history asks for a fresh start. */
const evolveIslands = async (run: Run): Promise<'done' | 'continue-as-new'> => {
  const failures: unknown[] = []
  const deadline = watchDeadline(run)
  const launch: Launch = ({ index, generation }, kind, reserved, step) => {
    const reached = kind === 'migration' ? generation : generation + 1
    run.inFlight.set(index, { kind, generation: reached, child: null, since: Date.now(), blocked: null, reserved })
    step()
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        run.inFlight.delete(index)
        run.revision += 1
      })
  }
  for (;;) {
    const seen = run.revision
    if (failures.length > 0) throw failures[0]
    const draining = needsFreshStart(workflowInfo(), run.continuesEarly)
    deadline.look()
    run.control.spent ??= budgetSpent(run)
    if (run.control.paused === null || isEnding(run)) await releaseBlocked(run)
    const { paused, spent, stopping } = run.control
    const goesOn = (paused === null || spent !== null) && !stopping && !draining
    // What was drawn ahead is paid for, like what is in flight, whoever ends the run.
    if (goesOn || (isEnding(run) && hasDrawnAhead(stateOf(run)))) startSteps(run, launch)
    if (goesOn && run.inFlight.size > 0 && spent === null) startConfirmation(run, failures)
    if (draining && run.drawsAhead && paused === null && !isEnding(run)) startDrawingAhead(run, launch)
    publish(run)
    if (run.inFlight.size === 0 && run.confirming === null) {
      if (isDone(run)) {
        deadline.end()
        return 'done'
      }
      if (draining) {
        await condition(allHandlersFinished)
        deadline.end()
        return 'continue-as-new'
      }
    }
    await condition(() => run.revision > seen)
  }
}

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

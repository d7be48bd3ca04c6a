import { condition, getExternalWorkflowHandle, isCancellation, log } from '@temporalio/workflow'
import { giveUpSignal, retrySignal } from '../temporal/blockage-signals.ts'
import { budgetSpent } from './budget.ts'
import { confirm } from './confirm.ts'
import { nextConfirmation } from './confirmation-rule.ts'
import { watchDeadline } from './deadline.ts'
import { hasDrawnAhead } from './drawn-ahead.ts'
import { needsFreshStart } from './fresh-start.ts'
import { lastCall } from './last-call.ts'
import { launchIn } from './launch.ts'
import { asOf, isEnding, type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { startDrawingAhead, startSteps } from './start-steps.ts'
import { publish } from './visibility.ts'

/** Confirms what promises enough, one program at a time, while islands go on. */
const startConfirmation = (run: Run, failures: unknown[]): void => {
  if (!run.confirmsOnTheWay || run.confirming !== null) return
  const program = nextConfirmation(stateOf(run), 'during')
  if (program === null) return
  confirm(run, program).catch((error: unknown) =>
    run.turns.inTurn(() => {
      failures.push(error)
      run.revision += 1
    }),
  )
}

/** Whether the search is over: nothing is left to do, or nothing may be done any more. */
export const isDone = (run: Run): boolean => {
  const state = stateOf(run)
  const { stopping, spent, paused, injections } = run.control
  if (hasDrawnAhead(state)) return false
  const atRest = state.islands.every((island) => nextStep(state, island).do === 'rest')
  return stopping || ((spent !== null || (atRest && paused === null)) && injections.length === 0)
}

/** Tells blocked generations that a person has spoken. */
const releaseBlocked = async (run: Run): Promise<void> => {
  for (const flight of run.inFlight.values()) {
    // Another one was blocked meanwhile.
    if (run.goesByEvents && run.control.paused !== null && !isEnding(run)) return
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

const evolve = async (run: Run): Promise<'done' | 'continue-as-new'> => {
  const failures: unknown[] = []
  const deadline = watchDeadline(run)
  const allIsHeard = lastCall(run)
  const launch = launchIn(run, failures)
  for (;;) {
    const seen = run.revision
    if (failures.length > 0) throw failures[0]
    const draining = needsFreshStart(asOf(run), run.continuesEarly, run.heard)
    deadline.look()
    run.control.spent ??= budgetSpent(run)
    if (run.control.paused === null || isEnding(run)) await releaseBlocked(run)
    // A person may say otherwise in the middle of a pass.
    const goesOn = (): boolean => !draining && !run.control.stopping && (run.control.paused === null || isEnding(run))
    // What was drawn ahead is paid for, like what is in flight, whoever ends the run.
    if (goesOn() || (isEnding(run) && hasDrawnAhead(stateOf(run)))) {
      for (const begun of startSteps(run, launch)) if (begun !== null) await begun
    }
    if (goesOn() && run.inFlight.size > 0 && run.control.spent === null) startConfirmation(run, failures)
    if (draining && run.drawsAhead && run.control.paused === null && !isEnding(run)) {
      for (const begun of startDrawingAhead(run, launch)) if (begun !== null) await begun
    }
    publish(run)
    if (run.inFlight.size === 0 && run.confirming === null) {
      const done = isDone(run)
      if ((done || draining) && allIsHeard()) {
        deadline.end()
        return done ? 'done' : 'continue-as-new'
      }
    }
    if (!run.takesTurns) await condition(() => run.revision > seen)
    else if (run.revision === seen) await run.turns.next(() => run.revision > seen)
  }
}

/**
 * Runs islands until their quotas are used up or the run is stopped, or until history asks for a fresh start. What others
 * have made meanwhile takes turns.
 */
export const evolveIslands = async (run: Run): Promise<'done' | 'continue-as-new'> => {
  if (run.takesTurns) run.turns.begin()
  try {
    return await evolve(run)
  } finally {
    run.turns.end()
  }
}

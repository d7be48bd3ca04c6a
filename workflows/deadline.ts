import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'
import { asOf, type Run, stateOf } from './run.ts'

const hourMs = 3_600_000

/** When the run's hours are over, milliseconds since the epoch; `null` where they are not bounded. */
const deadlineOf = (run: Run): number | null => {
  const { config, startedAt } = stateOf(run)
  return config.budget.hours === null ? null : startedAt + config.budget.hours * hourMs
}

/** Why the hours end the search; `null` where they do not. */
export const hoursSpent = (run: Run): string | null => {
  const deadline = deadlineOf(run)
  if (deadline === null || Math.max(run.passedDeadline, asOf(run).now) < deadline) return null
  return `budget.hours: ${stateOf(run).config.budget.hours} have passed`
}

/**
 * A timer that wakes the run's loop when its hours are over. `look` follows a deadline that was changed; a run without
 * one gets no timer, and nothing of it in its history.
 */
export const watchDeadline = (run: Run): { look: () => void; end: () => void } => {
  const begun = run.turns.time().now
  let watched: number | null = null
  let scope = new CancellationScope()
  const wake = async (at: number): Promise<void> => {
    try {
      await scope.run(() => sleep(Math.max(1, at - run.turns.time().now)))
      await run.turns.inTurn(() => {
        run.passedDeadline = Math.max(run.passedDeadline, at)
        run.revision += 1
      })
    } catch (error) {
      if (!isCancellation(error)) throw error
    }
  }
  const end = (): void => scope.cancel()
  const look = (): void => {
    const deadline = deadlineOf(run)
    if (deadline === watched) return
    end()
    scope = new CancellationScope()
    watched = deadline
    if (deadline === null) return
    // A timer would fire when islands have begun.
    if (run.goesByEvents && deadline <= begun) run.passedDeadline = Math.max(run.passedDeadline, deadline)
    else void wake(deadline)
  }
  return { look, end }
}

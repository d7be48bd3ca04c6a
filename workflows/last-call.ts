import { isCancellation, proxyActivities } from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { runOptions } from '../temporal/activity-options.ts'
import type { Run } from './run.ts'

const { lastCall: call } = proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

/**
 * Says whether what came together with the last local activity's result has been heard: before a run leaves its islands it
 * waits for an event that comes after that.
 */
export const lastCall = (run: Run): (() => boolean) => {
  let asked = -1
  let heard = -1
  const ask = async (last: number): Promise<void> => {
    try {
      await call()
    } catch (error) {
      if (isCancellation(error)) return // which the run's loop hears of by itself
      throw error
    }
    await run.turns.inTurn(() => {
      heard = last
    })
  }
  return () => {
    if (!run.takesTurns || heard === run.askedLocally) return true
    if (asked !== run.askedLocally) {
      asked = run.askedLocally
      void ask(asked)
    }
    return false
  }
}

import { isCancellation, proxyActivities } from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { runOptions } from '../temporal/activity-options.ts'
import type { Run } from './run.ts'

const { lastCall: call } = proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

/**
 * Says whether nothing has come since a run had nothing left to do. What came together with the last local activity's
 * result has to be heard before the run leaves its islands: so it waits for an event that comes after that.
 */
export const lastCall = (run: Run): (() => boolean) => {
  let asked = -1
  let heard = -1
  const ask = async (revision: number): Promise<void> => {
    try {
      await call()
    } catch (error) {
      if (isCancellation(error)) return // which the run's loop hears of by itself
      throw error
    }
    await run.turns.inTurn(() => {
      heard = revision
    })
  }
  return () => {
    if (!run.takesTurns || heard === run.revision) return true
    if (asked !== run.revision) {
      asked = run.revision
      void ask(asked)
    }
    return false
  }
}

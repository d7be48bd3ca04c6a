import { proxyActivities } from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { runOptions } from '../temporal/activity-options.ts'
import type { ExportInput } from '../temporal/run-activities.ts'
import { bestOf } from './best.ts'
import { confirm } from './confirm.ts'
import { isTimed, nextConfirmation, triedAtEnd } from './confirmation-rule.ts'
import { measureHeldOut } from './held-out.ts'
import { populationOf } from './inherited-state.ts'
import { type Run, stateOf } from './run.ts'
import { reportedBest, runStatus } from './status.ts'
import { publish } from './visibility.ts'

const { exportRun } = proxyActivities<ReturnType<typeof createRunActivities>>(runOptions)

/** What ends of runs measured before confirmations were made while a run goes on: their histories need it. */
const confirmAsBefore = async (run: Run): Promise<void> => {
  const state = stateOf(run)
  const best = bestOf(state)
  const last = state.confirmations.records.findLast(({ speedup }) => speedup !== null)
  if (isTimed(state) && best.id !== state.initial.id && last?.programId !== best.id) await confirm(run, best)
}

/**
 * What a run measures at its end: the last confirmation, then its winner on other workloads.
 * @param atEnd says whether the run is still at its end: it may be extended, or given a program, meanwhile.
 */
export const measureAtEnd = async (run: Run, atEnd: () => boolean): Promise<void> => {
  if (!run.confirmsOnTheWay) return confirmAsBefore(run)
  const { confirmations } = stateOf(run)
  confirmations.atEnd = triedAtEnd(stateOf(run))
  while (atEnd()) {
    const program = nextConfirmation(stateOf(run), 'end', confirmations.atEnd.tried)
    if (program === null) break
    confirmations.atEnd.tried += 1
    await confirm(run, program)
    publish(run)
    // Nothing was learnt, and the next try would be of the same program.
    if (stateOf(run).confirmations.records.at(-1)?.outcome === 'not measured') break
  }
  await measureHeldOut(run, atEnd)
}

/** What the export activity is given: the run as it is now. */
export const exportInput = (run: Run): ExportInput => {
  const state = stateOf(run)
  return {
    run: run.identity,
    status: runStatus(run, Date.now()),
    best: reportedBest(state).program,
    population: populationOf(state),
  }
}

/** Writes the run's folder; its input in history is what `resume` starts from. */
export const exportPopulation = async (run: Run): Promise<void> => {
  await exportRun(exportInput(run))
}

import type { Run } from './run.ts'

/**
 * Events of history after which an execution continues as new. The next orchestrator replays them all within one workflow
 * task, and begins again where that takes longer than the task's 5 seconds: 3,600 events took 4.8 s on two cores, 1,400
 * took 2.6 s. A slower machine must not be at it for ever; and every fresh start costs the device some waiting.
 */
export const longHistory = 1500

/**
 * The same in news that were taken up: one is 10 events to 17. A history's length is not the same again for what came
 * while a local activity outlasted a workflow task.
 */
export const manyNews = 90

type Executing = Pick<Run, 'continuesEarly' | 'goesByEvents'> & { turns: Pick<Run['turns'], 'time' | 'taken'> }

/** Whether an execution is to hand over to a next one. */
export const needsFreshStart = ({ turns, continuesEarly, goesByEvents }: Executing): boolean => {
  const { continueAsNewSuggested, historyLength } = turns.time()
  if (continueAsNewSuggested) return true
  return goesByEvents ? turns.taken() >= manyNews : continuesEarly && historyLength >= longHistory
}

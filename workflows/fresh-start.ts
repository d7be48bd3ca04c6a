import type { TaskTime } from '../temporal/task-time.ts'

/**
 * Events of history after which an execution continues as new. The next orchestrator replays them all within one workflow
 * task, and begins again where that takes longer than the task's 5 seconds: 3,600 events took 4.8 s on two cores, 1,400
 * took 2.6 s. A slower machine must not be at it for ever; and every fresh start costs the device some waiting.
 */
export const longHistory = 1500

/** Messages after which it does so likewise: as many events, of a run that nothing else is heard of. */
export const manyMessages = 300

/**
 * Whether an execution is to hand over to a next one; `early` is false in those begun when only the server asked.
 * @param heard messages acted on, of people and children. Pure.
 */
export const needsFreshStart = (
  { continueAsNewSuggested, historyLength }: Pick<TaskTime, 'continueAsNewSuggested' | 'historyLength'>,
  early: boolean,
  heard: number,
): boolean => continueAsNewSuggested || (early && historyLength >= longHistory) || heard >= manyMessages

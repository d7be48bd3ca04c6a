import { defineSignal } from '@temporalio/workflow'

/** From a generation to its evolution: an activity cannot go on without a person. */
export const generationBlockedSignal =
  defineSignal<[{ island: number; generation: number; reason: string }]>('generationBlocked')
/** From the evolution to its generation: try the blocked activity again. */
export const retrySignal = defineSignal('retry')
/** From the evolution to its generation: return what is there. */
export const giveUpSignal = defineSignal('giveUp')

import type { WorkflowInterceptors } from '@temporalio/workflow'

/** What people and children say is acted on at once: it does not wait for a turn. */
const takesEffectAtOnce = ['signalWorkflow', 'doUpdate', 'cancelWorkflow'] as const

/**
 * Where a query is answered while a local activity ends, the activity's result comes together with what came later; when
 * history is replayed it comes alone. `turns.ts` makes that the same for what others have made. Where it is a message the task
 * fails, and its next try is such a replay.
 */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate: (input, next) => {
        const { jobs, isReplaying } = input.activation
        const resolved = jobs?.some(({ resolveActivity }) => resolveActivity?.isLocal)
        if (resolved && !isReplaying && jobs?.some((job) => takesEffectAtOnce.some((name) => job[name]))) {
          throw new Error("a local activity's result came together with what came after it: the task is tried again")
        }
        next(input)
      },
    },
  ],
})

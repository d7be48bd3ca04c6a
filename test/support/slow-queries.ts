import type { WorkflowInterceptors } from '@temporalio/workflow'

/** Work for about 50 ms: the clock stands still in a workflow. */
const turns = 20_000_000

/** Workflow interceptors: every query takes its time, so that much can happen meanwhile. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      handleQuery: (input, next) => {
        let sum = 0
        for (let turn = 0; turn < turns; turn++) sum += turn % 7
        if (sum < 0) throw new Error('never: keeps the loop')
        return next(input)
      },
    },
  ],
})

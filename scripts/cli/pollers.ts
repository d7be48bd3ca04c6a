import type { Client } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'

/** How many workers polled a task queue within the last minute. */
export const pollersOf = async (
  client: Client,
  queue: string,
  taskQueueType: temporal.api.enums.v1.TaskQueueType,
): Promise<number> => {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType,
  })
  const minuteAgo = Date.now() / 1000 - 60
  return (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) > minuteAgo).length
}

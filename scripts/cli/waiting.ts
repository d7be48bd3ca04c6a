import { type Client, defaultPayloadConverter, isGrpcServiceError } from '@temporalio/client'
import proto from '@temporalio/proto'
import { generationId, mlxQueue } from '../../temporal/names.ts'
import type { RunStatus } from '../../temporal/run-status.ts'

const { PendingActivityState, TaskQueueType } = proto.temporal.api.enums.v1
type PendingActivity = proto.temporal.api.workflow.v1.IPendingActivityInfo

/** How many workers polled a task queue's activities within the last minute. */
export const activityPollers = async (client: Client, queue: string): Promise<number> => {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  })
  const minuteAgo = Date.now() / 1000 - 60
  return (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) > minuteAgo).length
}

const phaseIn = (activity: PendingActivity): string | null => {
  const payload = activity.heartbeatDetails?.payloads?.[0]
  if (!payload) return null
  const details = defaultPayloadConverter.fromPayload<{ phase?: unknown }>(payload)
  return typeof details?.phase === 'string' ? details.phase : null
}

/** A pending activity in words: what it does, or what it waits for. */
export const describePending = (activity: PendingActivity, mlxWorkers: number): string => {
  const name = activity.activityType?.name ?? 'activity'
  const attempt = (activity.attempt ?? 1) > 1 ? `, attempt ${activity.attempt}` : ''
  const failure = activity.lastFailure?.message ? ` after: ${activity.lastFailure.message}` : ''
  if (activity.state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED) {
    return `${name}: ${phaseIn(activity) ?? 'running'}${attempt}`
  }
  const since = activity.scheduledTime?.seconds
  const when = since ? ` since ${new Date(Number(since) * 1000).toISOString().slice(11, 19)}` : ''
  const nobody = name === 'evaluate' && mlxWorkers === 0 ? '; no MLX worker polls' : ''
  return `${name}: waiting${when}${nobody}${attempt}${failure}`
}

const describeChild = async (client: Client, workflowId: string, mlxWorkers: number): Promise<string | null> => {
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe()
    const pending = raw.pendingActivities ?? []
    return pending.length === 0 ? null : pending.map((activity) => describePending(activity, mlxWorkers)).join(' · ')
  } catch (error) {
    // The generation closed, or has not started yet: there is nothing it waits for.
    if (isGrpcServiceError(error) || (error instanceof Error && error.name === 'WorkflowNotFoundError')) return null
    throw error
  }
}

/** What every island with a generation in flight waits for, by island. */
export const waitingFor = async (client: Client, status: RunStatus): Promise<Map<number, string>> => {
  const mlxWorkers = await activityPollers(client, mlxQueue)
  const flying = status.islands.filter(({ activity }) => activity.startsWith('generation '))
  const described = await Promise.all(
    flying.map(
      async ({ island, generation }): Promise<[number, string | null]> => [
        island,
        await describeChild(client, generationId(status.id, island, generation + 1), mlxWorkers),
      ],
    ),
  )
  return new Map(described.flatMap(([island, text]) => (text === null ? [] : [[island, text] as const])))
}

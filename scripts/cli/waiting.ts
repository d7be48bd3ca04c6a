import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client'
import proto from '@temporalio/proto'
import { decodeWith } from '../../activities/run/history-payload.ts'
import { generationId, mlxQueue } from '../../temporal/names.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type Pending, readPending } from './pending-activity.ts'
import { pollersOf } from './pollers.ts'

const { PendingActivityState, TaskQueueType } = proto.temporal.api.enums.v1

/** What an activity does or waits for, and since when (milliseconds since the epoch, where known). */
export interface Waiting {
  what: string
  since: number | null
}

/** A pending activity in words. Pure. */
export const describePending = ({ activity, heartbeat, failed }: Pending, mlxWorkers: number): Waiting => {
  const name = activity.activityType?.name ?? 'activity'
  const attempt = (activity.attempt ?? 1) > 1 ? `, attempt ${activity.attempt}` : ''
  if (activity.state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED) {
    const { phase, since } = heartbeat
    const doing = typeof phase === 'string' && phase !== name ? `: ${phase}` : ''
    return { what: `${name}${doing}${attempt}`, since: typeof since === 'number' ? since : null }
  }
  const device = name !== 'evaluate' ? '' : mlxWorkers === 0 ? ': no MLX worker polls' : ' for the device'
  const failure = failed ? ` after: ${failed.replace(/\s+/g, ' ')}` : ''
  const scheduled = activity.scheduledTime?.seconds
  return {
    what: `${name} waits${device}${attempt}${failure}`,
    since: scheduled ? Number(scheduled) * 1000 : null,
  }
}

const describeChild = async (client: Client, workflowId: string, mlxWorkers: number): Promise<Waiting[]> => {
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe()
    const decode = decodeWith(client)
    const pending = (raw.pendingActivities ?? []).map((activity) => readPending(activity, decode))
    return (await Promise.all(pending)).map((activity) => describePending(activity, mlxWorkers))
  } catch (error) {
    // The generation closed, or has not started yet: there is nothing it waits for.
    if (isGrpcServiceError(error) || error instanceof WorkflowNotFoundError) return []
    throw error
  }
}

/** What every island with a generation in flight waits for, by island. */
export const waitingFor = async (client: Client, status: RunStatus): Promise<Map<number, Waiting[]>> => {
  const mlxWorkers = await pollersOf(client, mlxQueue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
  const flying = status.islands.filter(({ activity }) => activity.startsWith('generation '))
  const described = await Promise.all(
    flying.map(
      async ({ island, generation }) =>
        [island, await describeChild(client, generationId(status.id, island, generation + 1), mlxWorkers)] as const,
    ),
  )
  return new Map(described.filter(([, waiting]) => waiting.length > 0))
}

import { setTimeout as delay } from 'node:timers/promises'
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client'
import { tsToMs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import { isOutage } from '../cli/outage.ts'

const { PENDING_ACTIVITY_STATE_SCHEDULED } = proto.temporal.api.enums.v1.PendingActivityState

/** An attempt of an activity; milliseconds since the epoch. */
export interface Attempt {
  workflow: string
  activity: string
  type: string
  /** 0 is when the activity was asked for. */
  attempt: number
  startedAt: number
}

type Pending = proto.temporal.api.workflow.v1.IPendingActivityInfo

/** The last attempt of each activity that was started: of one that waits for its next attempt, the one before. Pure. */
export const startedAttempts = (workflow: string, pending: Pending[]): Attempt[] =>
  pending.flatMap(({ activityId, activityType, state, attempt, lastStartedTime }) => {
    const started = (attempt ?? 0) - (state === PENDING_ACTIVITY_STATE_SCHEDULED ? 1 : 0)
    if (!activityId || started < 1 || !lastStartedTime) return []
    const startedAt = tsToMs(lastStartedTime)
    return [{ workflow, activity: activityId, type: activityType?.name ?? '', attempt: started, startedAt }]
  })

const describeLimitMs = 2000
const lookMs = 150

/** null while the server is away, or the workflow not there. */
const describe = async (client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> => {
  try {
    const handle = client.workflow.getHandle(workflowId)
    return await client.connection.withDeadline(Date.now() + describeLimitMs, () => handle.describe())
  } catch (error) {
    if (isOutage(error) || error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

/** What was seen of some runs while they were open. */
export interface Watched {
  attempts: Attempt[]
  /** Those that were open still when time was up. */
  open: string[]
}

/**
 * Looks at the pending activities of runs and their generations until all are closed. Histories name the last attempt
 * of an activity only; one that was lost is pending for seconds, so that it is seen here.
 */
export const watchAttempts = async (client: Client, runs: string[], limitMs: number): Promise<Watched> => {
  const attempts = new Map<string, Attempt>()
  const deadline = Date.now() + limitMs
  let open = runs
  const look = async (workflowId: string): Promise<WorkflowExecutionDescription | null> => {
    const description = await describe(client, workflowId)
    for (const attempt of startedAttempts(workflowId, description?.raw.pendingActivities ?? [])) {
      attempts.set(`${workflowId}/${attempt.activity}/${attempt.attempt}`, attempt)
    }
    return description
  }
  const lookAtRun = async (id: string): Promise<string[]> => {
    const description = await look(id)
    const children = description?.raw.pendingChildren?.flatMap(({ workflowId }) => workflowId ?? []) ?? []
    await Promise.all(children.map(look))
    return description === null || description.status.name === 'RUNNING' ? [id] : []
  }
  while (open.length > 0 && Date.now() < deadline) {
    open = (await Promise.all(open.map(lookAtRun))).flat()
    await delay(lookMs)
  }
  return { attempts: [...attempts.values()], open }
}

import type { Client } from '@temporalio/client'
import { tsToMs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import type { Attempt } from './attempts.ts'
import { untilAnswered } from './observer.ts'
import type { Lost } from './restarts.ts'

const { TIMEOUT_TYPE_START_TO_CLOSE } = proto.temporal.api.enums.v1.TimeoutType

/** What a workflow's history says about things that were in flight. */
export interface FromHistory {
  /** When every activity was asked for, and its last attempt. */
  attempts: Attempt[]
  /** Workflow tasks that nobody finished, and local activities with them. */
  lost: Lost[]
  children: string[]
}

/** Pure. */
export const readHistory = (workflow: string, { events }: proto.temporal.api.history.v1.IHistory): FromHistory => {
  const found: FromHistory = { attempts: [], lost: [], children: [] }
  const scheduled = new Map<string, { activity: string; type: string }>()
  let task = 0
  let lostTask: number | null = null
  for (const event of events ?? []) {
    const at = tsToMs(event.eventTime)
    const asked = event.activityTaskScheduledEventAttributes
    if (asked) {
      const activity = { activity: asked.activityId ?? '', type: asked.activityType?.name ?? '' }
      scheduled.set(String(event.eventId), activity)
      found.attempts.push({ workflow, ...activity, attempt: 0, startedAt: at })
    }
    const started = event.activityTaskStartedEventAttributes
    const activity = scheduled.get(String(started?.scheduledEventId))
    if (started && activity)
      found.attempts.push({ workflow, ...activity, attempt: started.attempt ?? 1, startedAt: at })
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId
    if (child) found.children.push(child)
    if (event.workflowTaskTimedOutEventAttributes?.timeoutType === TIMEOUT_TYPE_START_TO_CLOSE) lostTask = task
    if (!event.workflowTaskStartedEventAttributes) continue
    if (lostTask !== null) found.lost.push({ what: 'workflow task', worker: 'orchestrator', from: lostTask, again: at })
    task = at
    lostTask = null
  }
  return found
}

const historyOf = async (client: Client, workflowId: string): Promise<FromHistory> => {
  const handle = client.workflow.getHandle(workflowId)
  return readHistory(workflowId, await untilAnswered(() => handle.fetchHistory()))
}

/** The same of a run with all its generations. */
export const readHistories = async (client: Client, run: string): Promise<FromHistory> => {
  const found = await historyOf(client, run)
  for (const child of found.children) {
    const { attempts, lost } = await historyOf(client, child)
    found.attempts.push(...attempts)
    found.lost.push(...lost)
  }
  return found
}

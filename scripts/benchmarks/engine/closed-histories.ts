import type { Client } from '@temporalio/client'

/** What was seen of closed histories. */
export interface Histories {
  /** Run ids of those that the server was told to delete. */
  told: Set<string>
  /** Executions of the run itself. */
  executions: number
  /** Events of the longest one. */
  longest: number
  /** Bytes of the largest one. */
  largest: number
}

/** A server that was told sooner is slow to delete: it waits until its queues have been written down, every 30 s. */
const settledMs = 60_000

/** Looks at every history that has been closed for a while, and deletes it. */
export const deleteClosed = async (client: Client, seen: Histories): Promise<void> => {
  const { namespace } = client.options
  const before = new Date(Date.now() - settledMs).toISOString()
  const closed = client.workflow.list({ query: `ExecutionStatus != 'Running' AND CloseTime < '${before}'` })
  for await (const execution of closed) {
    const { workflowId, runId } = execution
    if (seen.told.has(runId)) continue
    seen.told.add(runId)
    look(seen, execution)
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } })
  }
}

/** Looks at the closed histories that are still there. @returns how many. */
export const lookAtClosed = async (client: Client, seen: Histories): Promise<number> => {
  let left = 0
  for await (const execution of client.workflow.list({ query: "ExecutionStatus != 'Running'" })) {
    left += 1
    if (!seen.told.has(execution.runId)) look(seen, execution)
  }
  return left
}

interface Execution {
  type: string
  historyLength: number
  historySize?: number | undefined
}

const look = (seen: Histories, { type, historyLength, historySize = 0 }: Execution): void => {
  if (type === 'evolution') seen.executions += 1
  seen.longest = Math.max(seen.longest, historyLength)
  seen.largest = Math.max(seen.largest, historySize)
}

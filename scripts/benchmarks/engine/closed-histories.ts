import type { Client } from '@temporalio/client'

/** What was seen of histories that were deleted. */
export interface Histories {
  /** Run ids: the server's index forgets what is deleted a little later. */
  deleted: Set<string>
  /** Executions of the run itself among them. */
  executions: number
  /** Events of the longest one. */
  longest: number
  /** Bytes of the largest one. */
  largest: number
}

/** Looks at every closed history that the server knows, and deletes it. */
export const deleteClosed = async (client: Client, seen: Histories): Promise<void> => {
  const { namespace } = client.options
  const closed = client.workflow.list({ query: "ExecutionStatus != 'Running'" })
  for await (const { workflowId, runId, type, historyLength, historySize } of closed) {
    if (seen.deleted.has(runId)) continue
    if (type === 'evolution') seen.executions += 1
    seen.longest = Math.max(seen.longest, historyLength)
    seen.largest = Math.max(seen.largest, historySize ?? 0)
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } })
    seen.deleted.add(runId)
  }
}

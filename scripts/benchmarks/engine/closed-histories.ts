import type { Client } from '@temporalio/client'

/** What was seen of histories that were deleted. */
export interface Histories {
  /** Executions of the run itself. */
  executions: number
  deleted: number
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
    if (known.has(runId)) continue // the index forgets it a little later
    known.add(runId)
    if (type === 'evolution') seen.executions += 1
    seen.longest = Math.max(seen.longest, historyLength)
    seen.largest = Math.max(seen.largest, historySize ?? 0)
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } })
    seen.deleted += 1
  }
}

const known = new Set<string>()

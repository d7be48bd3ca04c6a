import { type Client, isGrpcServiceError } from '@temporalio/client'
import type { HistoryEvent } from './history-payload.ts'

/** An execution of a workflow; the newest one where `runId` is left out. */
export interface ExecutionName {
  workflowId: string
  runId?: string | undefined
}

/** What to say of a run that the server does not have. */
export const unknownRun = (workflowId: string): string =>
  `run ${workflowId} is not known to the server; closed runs expire with its retention`

const grpcNotFound = 5

const unlessExpired = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === grpcNotFound) return null
    throw error
  }
}

/** An execution's whole history; `null` where the server does not have it, or no longer. */
export const readEvents = async (
  client: Client,
  { workflowId, runId }: ExecutionName,
): Promise<HistoryEvent[] | null> => {
  const history = await unlessExpired(client.workflow.getHandle(workflowId, runId).fetchHistory())
  return history === null ? null : (history.events ?? [])
}

/** An execution's first event alone; `null` likewise. */
export const readStart = async (client: Client, { workflowId, runId }: ExecutionName): Promise<HistoryEvent | null> => {
  const answer = await unlessExpired(
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId: runId ?? null },
      maximumPageSize: 1,
    }),
  )
  return answer?.history?.events?.[0] ?? null
}

/** The run id of a workflow's newest execution; `null` likewise. */
export const newestRunId = async (client: Client, workflowId: string): Promise<string | null> => {
  const answer = await unlessExpired(
    client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId },
    }),
  )
  return answer?.workflowExecutionInfo?.execution?.runId ?? null
}

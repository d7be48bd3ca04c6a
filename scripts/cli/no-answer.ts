import type { Client } from '@temporalio/client'
import { CommandFailed } from './failure.ts'

/** Events from the newest on in which the outcome of the last workflow task is to be found. */
const looked = 50

/** Why the run's last workflow task failed; `null` where it did not: then it waits for somebody to take it. */
const lastTaskFailure = async (client: Client, id: string): Promise<string | null> => {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId: id },
    maximumPageSize: looked,
  })
  const outcome = history?.events?.find(
    (event) => event.workflowTaskFailedEventAttributes || event.workflowTaskCompletedEventAttributes,
  )
  return outcome?.workflowTaskFailedEventAttributes?.failure?.message ?? null
}

/** That an open run's orchestrators cannot go on with it, and why; `null` where nothing says so. */
export const standstill = async (client: Client, id: string): Promise<string | null> => {
  const failure = await lastTaskFailure(client, id)
  if (failure === null) return null
  return `run "${id}" stands still: its orchestrator cannot go on with it (${failure}); nothing is lost, see "A run that stands still" in docs/operations.md`
}

/** Why an open run does not answer: its orchestrators cannot go on with it, or there is none. */
export const noAnswer = async (client: Client, id: string): Promise<CommandFailed> =>
  new CommandFailed(
    (await standstill(client, id)) ??
      `run "${id}" does not answer: is an orchestrator running? (npx mlx-evolve worker orchestrator, or npm start)`,
  )

import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import proto from '@temporalio/proto'
import { evolutionQueue } from '../../temporal/names.ts'
import { CommandFailed } from './failure.ts'
import { isOutage } from './outage.ts'
import { pollersOf } from './pollers.ts'

const { TaskQueueType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1

const answerMs = 10_000
/** Events from the newest on in which the last failure of a workflow task is looked for. */
const looked = 50
/** A task that was tried more often fails again and again; one more try is what the death of an orchestrator costs. */
const triesThatHappen = 2

const cannotGoOn = [
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
]

/** Why an orchestrator could not go on with the run lately; `null` where history does not say. */
const lastFailure = async (client: Client, id: string): Promise<string | null> => {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId: id },
    maximumPageSize: looked,
  })
  const outcome = history?.events?.find(
    (event) => event.workflowTaskFailedEventAttributes || event.workflowTaskCompletedEventAttributes,
  )
  const { cause, failure } = outcome?.workflowTaskFailedEventAttributes ?? {}
  return cause && cannotGoOn.includes(cause) ? (failure?.message ?? null) : null
}

const triesOf = async (client: Client, id: string): Promise<number> =>
  (await client.workflow.getHandle(id).describe()).raw.pendingWorkflowTask?.attempt ?? 0

const look = async (client: Client, id: string): Promise<string | null> => {
  const tries = await triesOf(client, id)
  const orchestrators = await pollersOf(client, evolutionQueue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
  if (tries <= triesThatHappen || orchestrators === 0) return null
  const why = (await lastFailure(client, id)) ?? "the orchestrator's log says why"
  return `run "${id}" stands still: an orchestrator has tried ${tries} times to go on with it (${why}); nothing is lost, see "A run that stands still" in docs/operations.md`
}

/** That orchestrators try in vain to go on with an open run, and why; `null` where they do not, or nobody can say. */
export const standstill = async (client: Client, id: string): Promise<string | null> => {
  try {
    return await client.connection.withDeadline(Date.now() + answerMs, () => look(client, id))
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isOutage(error)) return null
    throw error
  }
}

/** Why an open run does not answer: its orchestrators cannot go on with it, or there is none. */
export const noAnswer = async (client: Client, id: string): Promise<CommandFailed> =>
  new CommandFailed(
    (await standstill(client, id)) ??
      `run "${id}" does not answer: is an orchestrator running? (npx mlx-evolve worker orchestrator, or npm start)`,
  )

import { type Client, defaultPayloadConverter } from '@temporalio/client'
import proto from '@temporalio/proto'
import type { ExportInput } from '../../temporal/run-activities.ts'

const { CommandType } = proto.temporal.api.enums.v1
const seconds = (count: number) => ({ seconds: count as never })

/**
 * A closed run whose history says that it exported this: what `resume` reads. No worker made it, so its population can
 * be larger than a test has time to evolve. @returns the run id.
 */
export const recordClosedRun = async (client: Client, workflowId: string, input: ExportInput): Promise<string> => {
  const { namespace, loadedDataConverter } = client.options
  const taskQueue = { name: `recorded-${workflowId}` }
  const handle = await client.workflow.start('evolution', { workflowId, taskQueue: taskQueue.name })
  const task = await client.connection.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'test' }),
  )
  let payloads = [defaultPayloadConverter.toPayload(input)]
  for (const codec of loadedDataConverter.payloadCodecs) payloads = await codec.encode(payloads)
  const scheduleActivityTaskCommandAttributes = {
    ...{ activityId: '1', activityType: { name: 'exportRun' }, taskQueue, input: { payloads } },
    ...{ startToCloseTimeout: seconds(60), scheduleToCloseTimeout: seconds(60) },
  }
  await client.workflowService.respondWorkflowTaskCompleted({
    ...{ namespace, taskToken: task.taskToken },
    commands: [
      { commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, scheduleActivityTaskCommandAttributes },
      {
        commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        completeWorkflowExecutionCommandAttributes: {},
      },
    ],
  })
  return handle.firstExecutionRunId
}

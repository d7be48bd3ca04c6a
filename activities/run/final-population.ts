import { type Client, defaultPayloadConverter, isGrpcServiceError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { ExportInput } from '../../temporal/run-activities.ts'
import { upgradeExport } from '../../temporal/upgrade.ts'

const grpcNotFound = 5

const unusable = (message: string) => ApplicationFailure.nonRetryable(message, 'NoFinalPopulation')

/**
 * The input of a closed run's export activity, from its history: status, best and final population.
 * @throws ApplicationFailure NoFinalPopulation, non-retryable, when the run is unknown, open, or ended without export.
 */
export const readFinalExport = async (client: Client, workflowId: string, runId?: string): Promise<ExportInput> => {
  const handle = client.workflow.getHandle(workflowId, runId)
  const history = await handle.fetchHistory().catch((error: unknown) => {
    if (!(isGrpcServiceError(error) && error.code === grpcNotFound)) throw error
    throw unusable(`run ${workflowId} is not known to the server; closed runs expire with its retention`)
  })
  const scheduled = (history.events ?? [])
    .map(({ activityTaskScheduledEventAttributes: attributes }) => attributes)
    .findLast((attributes) => attributes?.activityType?.name === 'exportRun')
  const payload = scheduled?.input?.payloads?.[0]
  if (payload === undefined) {
    throw unusable(
      `run ${workflowId} has not ended with a population: it is still open, or it failed before its first generation`,
    )
  }
  const [decoded = payload] = await decode(client, payload)
  return upgradeExport(defaultPayloadConverter.fromPayload(decoded) as ExportInput)
}

const decode = async (client: Client, payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0]) => {
  let payloads = [payload]
  for (const codec of client.options.loadedDataConverter.payloadCodecs) payloads = await codec.decode(payloads)
  return payloads
}

import type { Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { ExportInput } from '../../temporal/run-activities.ts'
import { upgradeExport } from '../../temporal/upgrade.ts'
import { readEvents, unknownRun } from './executions.ts'
import { decodeWith } from './history-payload.ts'

const unusable = (message: string) => ApplicationFailure.nonRetryable(message, 'NoFinalPopulation')

/**
 * The input of a closed run's export activity, from its history: status, best and final population.
 * @throws ApplicationFailure NoFinalPopulation, non-retryable, when the run is unknown, open, or ended without export.
 */
export const readFinalExport = async (client: Client, workflowId: string, runId?: string): Promise<ExportInput> => {
  const events = await readEvents(client, { workflowId, runId })
  if (events === null) throw unusable(unknownRun(workflowId))
  const scheduled = events
    .map(({ activityTaskScheduledEventAttributes: attributes }) => attributes)
    .findLast((attributes) => attributes?.activityType?.name === 'exportRun')
  const payload = scheduled?.input?.payloads?.[0]
  if (payload === undefined) {
    throw unusable(
      `run ${workflowId} has not ended with a population: it is still open, or it failed before its first generation`,
    )
  }
  return upgradeExport((await decodeWith(client)(payload)) as ExportInput)
}

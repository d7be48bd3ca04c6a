import { setTimeout as delay } from 'node:timers/promises'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { isOutage } from '../../scripts/cli/read-status.ts'
import { statusQuery } from '../../temporal/messages.ts'
import { evolutionQueue } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'

/** Starts an evolution the way any client would. */
export const begin = (client: Client, id: string, input: RunInput): Promise<WorkflowHandle> =>
  client.workflow.start('evolution', { workflowId: id, taskQueue: evolutionQueue, args: [input] })

/** Starts an evolution and waits for its summary. */
export const runToEnd = async (client: Client, id: string, input: RunInput): Promise<RunStatus> => {
  const handle = await begin(client, id, input)
  return (await handle.result()) as RunStatus
}

const betweenMs = 50

/** The status; `null` where the query went to a worker that is gone, and timed out there. */
const statusNow = async (handle: WorkflowHandle): Promise<RunStatus | null> => {
  try {
    return await handle.query(statusQuery)
  } catch (error) {
    if (isOutage(error)) return null
    throw error
  }
}

/** Asks for the status until it fits; fails after `withinMs` with the last one. */
export const untilStatus = async (
  handle: WorkflowHandle,
  fits: (status: RunStatus) => boolean,
  withinMs = 60_000,
): Promise<RunStatus> => {
  const deadline = Date.now() + withinMs
  for (;;) {
    const status = await statusNow(handle)
    if (status !== null && fits(status)) return status
    if (Date.now() > deadline) throw new Error(`status never fitted; the last one was ${JSON.stringify(status)}`)
    await delay(betweenMs) // asking without a pause would keep the run from going on
  }
}

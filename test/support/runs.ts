import { setTimeout as delay } from 'node:timers/promises'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { ask } from '../../scripts/cli/read-status.ts'
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

/** Asks for the status until it fits; fails after `withinMs` with the last one. */
export const untilStatus = async (
  handle: WorkflowHandle,
  fits: (status: RunStatus) => boolean,
  withinMs = 60_000,
): Promise<RunStatus> => {
  const deadline = Date.now() + withinMs
  for (;;) {
    // No answer: the query went to a worker that is gone.
    const status = (await ask(handle, statusQuery))?.answer
    if (status !== undefined && fits(status)) return status
    if (Date.now() > deadline) throw new Error(`status never fitted; the last one was ${JSON.stringify(status)}`)
    await delay(betweenMs) // asking without a pause would keep the run from going on
  }
}

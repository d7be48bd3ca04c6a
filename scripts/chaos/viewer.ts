import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { statusQuery } from '../../temporal/messages.ts'
import { ask } from '../cli/read-status.ts'

/** More often than the live view of the command line does: what an answer disturbs is to show soon. */
const betweenMs = 100

const view = async (client: Client, id: string, over: AbortSignal): Promise<void> => {
  while (!over.aborted) {
    await ask(client.workflow.getHandle(id), statusQuery)
    await delay(betweenMs)
  }
}

/** Somebody looks at every run all the time, until the signal. */
export const viewRuns = async (client: Client, ids: string[], over: AbortSignal): Promise<void> => {
  await Promise.all(ids.map((id) => view(client, id, over)))
}

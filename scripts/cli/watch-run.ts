import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { createLogUpdate } from 'log-update'
import type { RunStatus } from '../../temporal/run-status.ts'
import { uiLink } from './connect.ts'
import { showProgress, showProgressLine } from './progress.ts'
import { askStatus, isOutage, readStatus } from './read-status.ts'
import { waitingFor } from './waiting.ts'

const betweenMs = 1000

export interface WatchOptions {
  /** Where progress goes; a terminal gets the live view, anything else a line for each change. */
  stream: NodeJS.WriteStream
  signal?: AbortSignal
  /** The latest news from outside the run, shown below the live view. */
  notice?: () => string | null
}

/** Shows progress on a terminal in place, elsewhere line by line. */
const createView = (client: Client, id: string, { stream, notice }: WatchOptions) => {
  const live = stream.isTTY ? createLogUpdate(stream) : null
  let lastLine = ''
  return {
    show: async (status: RunStatus): Promise<void> => {
      if (live !== null) {
        const progress = showProgress(status, await waitingFor(client, status), uiLink(client, id))
        return live([progress, notice?.() ?? []].flat().join('\n  '))
      }
      const line = showProgressLine(status)
      if (line !== lastLine) stream.write(`${line}\n`)
      lastLine = line
    },
    note: (text: string): void => {
      if (live !== null) live(text)
      else if (text !== lastLine) stream.write(`${text}\n`)
      lastLine = text
    },
    done: (): void => live?.done(),
  }
}

const isClosed = async (client: Client, id: string): Promise<boolean> =>
  (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING'

/**
 * Follows a run until it closes, through outages of server and workers.
 * @returns its final status; `null` when `signal` ended the watching first.
 */
export const watchRun = async (client: Client, id: string, options: WatchOptions): Promise<RunStatus | null> => {
  const view = createView(client, id, options)
  try {
    for (;;) {
      if (options.signal?.aborted) return null
      try {
        if (await isClosed(client, id)) return await readStatus(client, id)
        const status = await askStatus(client, id)
        if (status === null) view.note(`waiting for an orchestrator to answer for ${id}`)
        else await view.show(status)
      } catch (error) {
        if (!isOutage(error)) throw error
        view.note('waiting for the Temporal server')
      }
      await delay(betweenMs, undefined, options.signal ? { signal: options.signal } : {}).catch((error: Error) => {
        if (error.name !== 'AbortError') throw error
      })
    }
  } finally {
    view.done()
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import { statusQuery } from '../../temporal/messages.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { uiLink } from './connect.ts'
import { standstill } from './no-answer.ts'
import { isOutage } from './outage.ts'
import { showProgress, showProgressLine } from './progress.ts'
import { ask, noRun, readStatus, standing } from './read-status.ts'
import { fitTerminal, isTerminal } from './terminal.ts'
import { waitingFor } from './waiting.ts'

const betweenMs = 1000
/** What the link to the UI may take. */
const linkRows = 2

export interface WatchOptions {
  /** Where progress goes; a terminal gets the live view, anything else a line for each change. */
  stream: NodeJS.WriteStream
  signal?: AbortSignal
  /** The latest news from outside the run, shown below the live view. */
  notice?: () => string | null
}

interface View {
  show: (status: RunStatus) => Promise<void>
  note: (text: string) => void
  /** Leaves what is shown where it is. */
  done: () => void
  /** Takes it away. */
  clear: () => void
}

/** Progress in place. */
const liveView = (client: Client, id: string, { stream, notice }: WatchOptions): View => {
  const update = createLogUpdate(stream)
  const link = uiLink(client, id)
  const draw = (text: string) => {
    const news = notice?.() ?? null
    const { columns, rows } = stream
    const fitted = fitTerminal(news === null ? text : `${text}\n${news}`, { columns, rows: rows - linkRows })
    // Whole, even where it wraps: it is there to be clicked or copied.
    update(link === null ? fitted : `${fitted}\n${pc.dim(link)}`)
  }
  return {
    show: async (status) => {
      const waiting = await waitingFor(client, status)
      draw(showProgress(status, { waiting, now: Date.now() }))
    },
    note: draw,
    done: () => update.done(),
    clear: () => update.clear(),
  }
}

/** Progress in lines, one for every change. */
const lineView = ({ stream }: WatchOptions): View => {
  let last = ''
  const note = (line: string): void => {
    if (line !== last) stream.write(`${line}\n`)
    last = line
  }
  return { show: async (status) => note(showProgressLine(status)), note, done: () => {}, clear: () => {} }
}

/** One look at the run. @returns its final status once it has closed. */
const look = async (client: Client, id: string, view: View): Promise<RunStatus | null> => {
  try {
    const where = await standing(client, id)
    if (where === 'absent') throw noRun(id)
    if (where !== 'RUNNING') return await readStatus(client, id)
    const asked = await ask(client.workflow.getHandle(id), statusQuery)
    if (asked === null) view.note((await standstill(client, id)) ?? `waiting for an orchestrator to answer for ${id}`)
    else await view.show(asked.answer)
  } catch (error) {
    if (!isOutage(error)) throw error
    view.note('waiting for the Temporal server')
  }
  return null
}

/**
 * Follows a run until it closes, through outages of server and workers.
 * @returns its final status; `null` when `signal` ended the watching first.
 */
export const watchRun = async (client: Client, id: string, options: WatchOptions): Promise<RunStatus | null> => {
  const { signal } = options
  const view = isTerminal(options.stream) ? liveView(client, id, options) : lineView(options)
  try {
    while (!signal?.aborted) {
      const final = await look(client, id, view)
      if (final !== null) {
        view.clear() // the summary that follows says it all
        return final
      }
      await delay(betweenMs, undefined, signal ? { signal } : {}).catch((error: Error) => {
        if (error.name !== 'AbortError') throw error
      })
    }
    return null
  } finally {
    view.done()
  }
}

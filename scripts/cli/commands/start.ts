import type { Client } from '@temporalio/client'
import type { Command } from 'commander'
import { connectClient, resolveConnection } from '../../../temporal/connection.ts'
import { superviseEmbedded } from '../../supervise/supervise.ts'
import { uiLink } from '../connect.ts'
import { type CurrentRun, readCurrentRun, standing, writeCurrentRun } from '../current-run.ts'
import { addRunOptions } from '../options.ts'
import { say } from '../output.ts'
import { reportEnd } from '../report-end.ts'
import { newRunId, type RunOptions, runInput } from '../run-input.ts'
import { showEvent } from '../show-event.ts'
import { startRun } from '../start-run.ts'
import { watchRun } from '../watch-run.ts'

const defaultProblem = 'mlx_training'

const names = (options: RunOptions): boolean => Object.values(options).some((value) => value !== undefined)

/** The run to go on with: the last one while it is open (and nothing else was asked for), else a new one. */
const chooseRun = async (client: Client, options: RunOptions): Promise<{ run: CurrentRun; resumed: boolean }> => {
  const last = readCurrentRun()
  const asked = names(options)
  if (last !== null && (!asked || options.id === last.id)) {
    const where = await standing(client, last.id)
    if (where === 'open') return { run: last, resumed: true }
    if (where === 'absent' && !asked) return { run: last, resumed: false }
  }
  const input = runInput(options, defaultProblem)
  return { run: { id: options.id ?? newRunId(input.problem), input }, resumed: false }
}

const beginOrResume = async (client: Client, options: RunOptions, json: boolean): Promise<string> => {
  const { run, resumed } = await chooseRun(client, options)
  if (!resumed) {
    await writeCurrentRun(run)
    if ((await standing(client, run.id)) !== 'open') await startRun(client, run.id, run.input)
  }
  const link = uiLink(client, run.id)
  say(`${resumed ? 'going on with' : 'started'} run ${run.id}${link === null ? '' : `\n${link}`}`, json)
  return run.id
}

/** `start`: server and workers on this machine, and a run; a run that was interrupted goes on. */
const start = async ({ json, ...options }: RunOptions & { json: boolean }): Promise<void> => {
  runInput(options, defaultProblem) // bad usage must show before anything is started
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  let notice: string | null = null
  let watching = false
  const embedded = resolveConnection().source === 'embedded'
  const { stopped } = await superviseEmbedded({
    server: embedded,
    signal: stop.signal,
    onEvent: (event) => {
      notice = showEvent(event)
      if (!watching) say(notice, true)
    },
  })
  stopped.catch(() => stop.abort()) // thrown again below, once the watcher has ended
  const client = await connectClient()
  try {
    const id = await beginOrResume(client, options, json)
    const stream = json ? process.stderr : process.stdout
    watching = stream.isTTY
    const status = await watchRun(client, id, { stream, signal: stop.signal, notice: () => notice })
    if (status === null) {
      say(`\nstopped here; \`npm start\` goes on with ${id}`, json)
      process.exitCode = 1
    } else process.exitCode = reportEnd(status, json)
  } finally {
    stop.abort()
    await client.connection.close()
    await stopped
  }
}

export const addStart = (program: Command): void => {
  addRunOptions(program.command('start'))
    .description('server, workers and a run on this machine; goes on with an interrupted run')
    .action(start)
}

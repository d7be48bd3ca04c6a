import { isDeepStrictEqual } from 'node:util'
import type { Client } from '@temporalio/client'
import type { Command } from 'commander'
import { connectClient, resolveConnection } from '../../../temporal/connection.ts'
import { SupervisorRunning } from '../../supervise/lock.ts'
import { type SuperviseOptions, superviseEmbedded } from '../../supervise/supervise.ts'
import { uiLink } from '../connect.ts'
import { type CurrentRun, readCurrentRun, writeCurrentRun } from '../current-run.ts'
import { addRunOptions } from '../options.ts'
import { say } from '../output.ts'
import { standing } from '../read-status.ts'
import { createNotice } from '../recent-notice.ts'
import { reportEnd } from '../report-end.ts'
import { newRunId, type RunOptions, runInput } from '../run-input.ts'
import { showEvent } from '../show-event.ts'
import { startRun } from '../start-run.ts'
import { stopSignal } from '../stop-signal.ts'
import { isTerminal } from '../terminal.ts'
import { watchRun } from '../watch-run.ts'

const defaultProblem = 'mlx_training'

/** Whether the options mean this run: they say nothing, its id, or its very settings. */
const means = (options: RunOptions, run: CurrentRun): boolean => {
  if (options.id !== undefined) return options.id === run.id
  const silent = Object.values(options).every((value) => value === undefined)
  return silent || isDeepStrictEqual(runInput(options, defaultProblem), run.input)
}

/** The run to go on with: the last one while it is open and the options mean it, else a new one. */
const chooseRun = async (client: Client, options: RunOptions): Promise<{ run: CurrentRun; resumed: boolean }> => {
  const last = readCurrentRun()
  const where = last === null ? 'absent' : await standing(client, last.id)
  if (last !== null && means(options, last)) {
    if (where === 'RUNNING') return { run: last, resumed: true }
    if (where === 'absent') return { run: last, resumed: false }
  } else if (last !== null && where === 'RUNNING') {
    say(`run ${last.id} is open too and goes on beside this one; \`npx mlx-evolve stop ${last.id}\` ends it`, true)
  }
  const input = runInput(options, defaultProblem)
  return { run: { id: options.id ?? newRunId(input.problem), input }, resumed: false }
}

const beginOrResume = async (client: Client, options: RunOptions, json: boolean): Promise<string> => {
  const { run, resumed } = await chooseRun(client, options)
  if (!resumed) {
    await writeCurrentRun(run)
    if ((await standing(client, run.id)) !== 'RUNNING') await startRun(client, run.id, run.input)
  }
  say(`${resumed ? 'going on with' : 'started'} run ${run.id}`, json)
  return run.id
}

/** Server and workers; where an earlier `start` still keeps them, its own are used. @returns settles when all has ended. */
const superviseOrJoin = async (options: SuperviseOptions): Promise<{ stopped: Promise<void>; joined: boolean }> => {
  try {
    const { stopped } = await superviseEmbedded(options)
    return { stopped, joined: false }
  } catch (error) {
    if (!(error instanceof SupervisorRunning)) throw error
    say(`process ${error.pid} keeps server and workers running; \`kill ${error.pid}\` stops them`, true)
    return { stopped: Promise.resolve(), joined: true }
  }
}

/** `start`: server and workers on this machine, and a run; a run that was interrupted goes on. */
const start = async ({ json, ...options }: RunOptions & { json: boolean }): Promise<void> => {
  runInput(options, defaultProblem) // bad usage must show before anything is started
  const stop = stopSignal()
  const notice = createNotice()
  let watching = false
  const { stopped, joined } = await superviseOrJoin({
    server: resolveConnection().source === 'embedded',
    signal: stop.signal,
    onEvent: (event) => {
      if (watching) notice.set(showEvent(event))
      else say(showEvent(event), true)
    },
  })
  stopped.catch(() => stop.abort()) // thrown again below, once the watcher has ended
  const client = await connectClient()
  try {
    const id = await beginOrResume(client, options, json)
    const stream = json ? process.stderr : process.stdout
    const link = uiLink(client, id)
    if (!isTerminal(stream) && link !== null) stream.write(`${link}\n`)
    watching = isTerminal(stream)
    const status = await watchRun(client, id, { stream, signal: stop.signal, notice: notice.get })
    watching = false
    if (status === null) {
      const ending = joined ? 'no longer following;' : 'stopping the workers and the server;'
      say(`${ending} \`npm start\` goes on with ${id}`, json)
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

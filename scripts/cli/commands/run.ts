import type { Command } from 'commander'
import { withClient } from '../connect.ts'
import { addRunOptions } from '../options.ts'
import { reportEnd } from '../report-end.ts'
import { newRunId, type RunOptions, runInput } from '../run-input.ts'
import { startRun } from '../start-run.ts'
import { watchRun } from '../watch-run.ts'

/** `run`: starts a run on the configured server, whose workers are up, and follows it to its end. */
export const addRun = (program: Command): void => {
  addRunOptions(program.command('run'))
    .description('start a run on a server whose workers are up, and follow it')
    .action(async (options: RunOptions & { json: boolean }) => {
      const input = runInput(options)
      const id = options.id ?? newRunId(input.problem)
      await withClient(async (client) => {
        await startRun(client, id, input)
        const status = await watchRun(client, id, { stream: options.json ? process.stderr : process.stdout })
        if (status !== null) process.exitCode = reportEnd(status, options.json)
      })
    })
}

import type { Command } from 'commander'
import { withClient } from '../connect.ts'
import { followRun } from '../follow-run.ts'
import { addRunOptions } from '../options.ts'
import { newRunId, type RunOptions, runInput } from '../run-input.ts'
import { startRun } from '../start-run.ts'

/** `run`: starts a run on the configured server, whose workers are up, and follows it to its end. */
export const addRun = (program: Command): void => {
  addRunOptions(program.command('run'))
    .description('start a run on a server whose workers are up, and follow it')
    .action(async ({ json, ...options }: RunOptions & { json: boolean }) => {
      const input = runInput(options)
      const id = options.id ?? newRunId(input.problem)
      await withClient(async (client) => {
        await startRun(client, id, input)
        await followRun(client, id, json)
      })
    })
}

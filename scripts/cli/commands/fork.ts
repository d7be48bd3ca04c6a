import type { Command } from 'commander'
import { readPopulationAt } from '../../../activities/run/population-at.ts'
import { withClient } from '../connect.ts'
import { followRun } from '../follow-run.ts'
import { addJsonOption, wholeNumber } from '../options.ts'
import { noRun, standing } from '../read-status.ts'
import { type RunOptions, runInputOver } from '../run-input.ts'
import { startRun } from '../start-run.ts'

interface ForkOptions extends Pick<RunOptions, 'config' | 'iterations' | 'seed'> {
  generation: number
  as?: string
  json: boolean
}

/** `fork <id>`: a run with other settings from any run's population after a generation, read from its history. */
export const addFork = (program: Command): void => {
  addJsonOption(program.command('fork <id>'))
    .description("start a run with other settings from any run's population after a generation, and follow it")
    .requiredOption('--generation <g>', 'generation that every island has finished', wholeNumber(0))
    .option('--config <file>', 'YAML file with the settings that differ')
    .option('--iterations <n>', 'candidates to draw (default: as many as that run)', wholeNumber(1))
    .option('--seed <n>', 'seed of everything random', wholeNumber(0))
    .option('--as <id>', 'workflow id of the fork (default: <id>-f<generation>)')
    .action((from: string, { generation, as, json, ...options }: ForkOptions) =>
      withClient(async (client) => {
        if ((await standing(client, from)) === 'absent') throw noRun(from)
        const { runId } = await client.workflow.getHandle(from).describe()
        const forkFrom = { workflowId: from, runId, generation }
        const { resumeFrom: _, ...config } = (await readPopulationAt(client, forkFrom)).config
        const id = as ?? `${from}-f${generation}`
        await startRun(client, id, runInputOver({ ...config, forkFrom }, options))
        await followRun(client, id, json)
      }),
    )
}

import type { Command } from 'commander'
import { readFinalExport } from '../../../activities/run/final-population.ts'
import { withClient } from '../connect.ts'
import { followRun } from '../follow-run.ts'
import { addJsonOption, wholeNumber } from '../options.ts'
import { noRun, standing } from '../read-status.ts'
import { startRun } from '../start-run.ts'

interface ResumeOptions {
  iterations: number
  as?: string
  json: boolean
}

/** `resume <id>`: the next run from a finished run's final population, read from its history. */
export const addResume = (program: Command): void => {
  addJsonOption(program.command('resume <id>'))
    .description("start the next run from a finished run's final population, and follow it")
    .requiredOption('--iterations <n>', 'further candidates to draw', wholeNumber(1))
    .option('--as <id>', 'workflow id of the next run (default: <id>-r<iterations so far>)')
    .action((from: string, { iterations, as, json }: ResumeOptions) =>
      withClient(async (client) => {
        if ((await standing(client, from)) === 'absent') throw noRun(from)
        const { population, run, status } = await readFinalExport(client, from)
        const { runId } = await client.workflow.getHandle(from).describe()
        const { resumeFrom: _, forkFrom: __, ...config } = population.config
        const id = as ?? `${run.id}-r${status.iterations}`
        await startRun(client, id, { ...config, iterations, resumeFrom: { workflowId: from, runId } })
        await followRun(client, id, json)
      }),
    )
}

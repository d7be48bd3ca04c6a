import type { Command } from 'commander'
import { readFinalExport } from '../../../activities/run/final-population.ts'
import { withClient } from '../connect.ts'
import { wholeNumber } from '../options.ts'
import { reportEnd } from '../report-end.ts'
import { startRun } from '../start-run.ts'
import { watchRun } from '../watch-run.ts'

interface ResumeOptions {
  iterations: number
  as?: string
  json: boolean
}

/** `resume <id>`: the next run from a finished run's final population, read from its history. */
export const addResume = (program: Command): void => {
  program
    .command('resume <id>')
    .description("start the next run from a finished run's final population, and follow it")
    .requiredOption('--iterations <n>', 'further candidates to draw', wholeNumber(1))
    .option('--as <id>', 'workflow id of the next run (default: <id>-r<iterations so far>)')
    .option('--json', 'end stdout with one JSON object', false)
    .action((from: string, { iterations, as, json }: ResumeOptions) =>
      withClient(async (client) => {
        const { population, run, status } = await readFinalExport(client, from)
        const { runId } = await client.workflow.getHandle(from).describe()
        const { resumeFrom: _, ...config } = population.config
        const id = as ?? `${run.id}-r${status.iterations}`
        await startRun(client, id, { ...config, iterations, resumeFrom: { workflowId: from, runId } })
        const ended = await watchRun(client, id, { stream: json ? process.stderr : process.stdout })
        if (ended !== null) process.exitCode = reportEnd(ended, json)
      }),
    )
}

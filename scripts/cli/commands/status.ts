import type { Command } from 'commander'
import { uiLink, withClient } from '../connect.ts'
import { printJson, runJson } from '../output.ts'
import { showProgress } from '../progress.ts'
import { readStatus } from '../read-status.ts'
import { reportEnd } from '../report-end.ts'
import { waitingFor } from '../waiting.ts'
import { watchRun } from '../watch-run.ts'

/** `status <id>` and `watch <id>`. */
export const addStatus = (program: Command): void => {
  program
    .command('status <id>')
    .description('show where a run is')
    .option('--json', 'end stdout with one JSON object', false)
    .action((id: string, { json }: { json: boolean }) =>
      withClient(async (client) => {
        const status = await readStatus(client, id)
        if (json) return printJson(runJson(status))
        const kept = status.retentionDays === null ? 'unknown' : `${status.retentionDays} days`
        console.log(showProgress(status, await waitingFor(client, status), uiLink(client, id)))
        console.log(
          `  kept after closing ${kept}${(status.retentionDays ?? 90) < 30 ? ' (short: resume and export need the history)' : ''}`,
        )
      }),
    )
  program
    .command('watch <id>')
    .description('follow a run to its end')
    .option('--json', 'end stdout with one JSON object', false)
    .action((id: string, { json }: { json: boolean }) =>
      withClient(async (client) => {
        const status = await watchRun(client, id, { stream: json ? process.stderr : process.stdout })
        if (status !== null) process.exitCode = reportEnd(status, json)
      }),
    )
}

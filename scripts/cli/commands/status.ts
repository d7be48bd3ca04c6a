import type { Command } from 'commander'
import { uiLink, withClient } from '../connect.ts'
import { followRun } from '../follow-run.ts'
import { addJsonOption } from '../options.ts'
import { printJson, runJson } from '../output.ts'
import { showProgress } from '../progress.ts'
import { readStatus } from '../read-status.ts'
import { waitingFor } from '../waiting.ts'

/** `status <id>` and `watch <id>`. */
export const addStatus = (program: Command): void => {
  addJsonOption(program.command('status <id>'))
    .description('show where a run is')
    .action((id: string, { json }: { json: boolean }) =>
      withClient(async (client) => {
        const status = await readStatus(client, id)
        if (json) return printJson(runJson(status))
        const kept = status.retentionDays === null ? 'unknown' : `${status.retentionDays} days`
        console.log(showProgress(status, { waiting: await waitingFor(client, status), now: Date.now() }))
        const short = (status.retentionDays ?? 90) < 30 ? ' (short: resume, fork and export need the history)' : ''
        console.log(`  kept after closing ${kept}${short}`)
        const link = uiLink(client, id)
        if (link !== null) console.log(`  ${link}`)
      }),
    )
  addJsonOption(program.command('watch <id>'))
    .description('follow a run to its end')
    .action((id: string, { json }: { json: boolean }) =>
      withClient(async (client) => {
        await followRun(client, id, json)
      }),
    )
}

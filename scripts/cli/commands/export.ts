import path from 'node:path'
import type { Client } from '@temporalio/client'
import type { Command } from 'commander'
import { exportRun } from '../../../activities/run/export-run.ts'
import { readFinalExport } from '../../../activities/run/final-population.ts'
import { openExportQuery } from '../../../temporal/messages.ts'
import type { ExportInput } from '../../../temporal/run-activities.ts'
import { runsFolder } from '../../../workers/folders.ts'
import { withClient } from '../connect.ts'
import { standing } from '../current-run.ts'
import { CommandFailed } from '../failure.ts'
import { printJson } from '../output.ts'

/** What to export: of a closed run its last export's input, of an open one its present state. */
const readExport = async (client: Client, id: string): Promise<ExportInput> => {
  const where = await standing(client, id)
  if (where === 'absent') throw new CommandFailed(`no run "${id}" on this server`)
  if (where === 'closed') return readFinalExport(client, id)
  const open = await client.workflow.getHandle(id).query(openExportQuery)
  if (open === null) throw new CommandFailed(`run "${id}" has no scored program yet`)
  return open
}

/** `export <id>`: writes the run's folder, at any time. */
export const addExport = (program: Command): void => {
  program
    .command('export <id>')
    .description("write a run's best program, trace and report")
    .option('--out <folder>', 'folder that gets a folder of the run (default: runs)')
    .option('--json', 'end stdout with one JSON object', false)
    .action((id: string, { out, json }: { out?: string; json: boolean }) =>
      withClient(async (client) => {
        const input = await readExport(client, id)
        const { folder } = await exportRun(client, out === undefined ? runsFolder() : path.resolve(out), input)
        if (json) printJson({ id, folder })
        else console.log(`exported ${id} to ${folder}`)
      }),
    )
}

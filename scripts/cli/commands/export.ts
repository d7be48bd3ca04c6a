import path from 'node:path'
import type { Client } from '@temporalio/client'
import type { Command } from 'commander'
import { exportRun } from '../../../activities/run/export-run.ts'
import { readFinalExport } from '../../../activities/run/final-population.ts'
import { openExportQuery } from '../../../temporal/messages.ts'
import type { ExportInput } from '../../../temporal/run-activities.ts'
import { runsFolder } from '../../../workers/folders.ts'
import { withClient } from '../connect.ts'
import { CommandFailed } from '../failure.ts'
import { noAnswer } from '../no-answer.ts'
import { addJsonOption } from '../options.ts'
import { printJson } from '../output.ts'
import { ask, noRun, standing } from '../read-status.ts'

/** What to export: of a closed run its last export's input, of an open one its present state. */
const readExport = async (client: Client, id: string): Promise<ExportInput> => {
  const where = await standing(client, id)
  if (where === 'absent') throw noRun(id)
  if (where !== 'RUNNING') return readFinalExport(client, id)
  const open = await ask(client.workflow.getHandle(id), openExportQuery)
  if (open === null) throw await noAnswer(client, id)
  if (open.answer === null) throw new CommandFailed(`run "${id}" has no scored program yet`)
  return open.answer
}

/** `export <id>`: writes the run's folder, at any time. */
export const addExport = (program: Command): void => {
  addJsonOption(program.command('export <id>'))
    .description("write a run's best program, trace and report")
    .option('--out <folder>', "the run's files go to <folder>/<id>/ (default: runs/<id>/)")
    .action((id: string, { out, json }: { out?: string; json: boolean }) =>
      withClient(async (client) => {
        const input = await readExport(client, id)
        const { folder } = await exportRun(client, out === undefined ? runsFolder() : path.resolve(out), input)
        if (json) printJson({ id, folder })
        else console.log(`exported ${id} to ${folder}`)
      }),
    )
}

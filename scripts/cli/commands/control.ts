import { readFileSync } from 'node:fs'
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import type { Command } from 'commander'
import type { ControlMessage } from '../../../temporal/messages.ts'
import { withClient } from '../connect.ts'
import { CommandFailed, reasonOf, UsageError } from '../failure.ts'
import { wholeNumber } from '../options.ts'
import { printJson } from '../output.ts'

/** Sends a validated update and prints the run's answer. */
const tell = (id: string, message: ControlMessage, request: unknown, json: boolean): Promise<void> =>
  withClient(async (client) => {
    try {
      const answer = await client.workflow.getHandle(id).executeUpdate<string, [unknown]>(message, { args: [request] })
      if (json) printJson({ id, message, answer })
      else console.log(`${id}: ${answer}`)
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandFailed(`${message} refused: ${reasonOf(error)}`)
      if (error instanceof WorkflowNotFoundError) throw new CommandFailed(`no open run "${id}" on this server`)
      throw error
    }
  })

const readProgram = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new UsageError(`${file}: cannot be read (${error.code})`)
    throw error
  }
}

interface Json {
  json: boolean
}

/** `pause`, `continue`, `stop`, `extend` and `inject`: updates of an open run. */
export const addControl = (program: Command): void => {
  const add = (signature: string, description: string) =>
    program.command(signature).description(description).option('--json', 'end stdout with one JSON object', false)

  add('pause <id>', 'start no new generation until continued')
    .option('--reason <text>', 'shown in the status')
    .action((id: string, { json, reason }: Json & { reason?: string }) =>
      tell(id, 'pause', reason === undefined ? {} : { reason }, json),
    )
  add('continue <id>', 'go on after a pause').action((id: string, { json }: Json) => tell(id, 'resume', {}, json))
  add('stop <id>', 'finish what is in flight, then end the run').action((id: string, { json }: Json) =>
    tell(id, 'stop', {}, json),
  )
  add('extend <id>', 'add iterations to an open run')
    .requiredOption('--iterations <n>', 'candidates to add', wholeNumber(1))
    .action((id: string, { json, iterations }: Json & { iterations: number }) =>
      tell(id, 'extend', { iterations }, json),
    )
  add('inject <id> <program>', 'have a program of your own evaluated and join the population').action(
    (id: string, file: string, { json }: Json) => tell(id, 'inject', { source: readProgram(file) }, json),
  )
}

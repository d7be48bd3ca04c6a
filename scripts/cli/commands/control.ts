import {
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { Command } from 'commander'
import type { ControlMessage } from '../../../temporal/messages.ts'
import { withClient } from '../connect.ts'
import { CommandFailed, reasonOf } from '../failure.ts'
import { programProblem } from '../given-program.ts'
import { noAnswer, standstill } from '../no-answer.ts'
import { addJsonOption, boundAbove, wholeNumber } from '../options.ts'
import { isOutage } from '../outage.ts'
import { printJson } from '../output.ts'
import { readText } from '../read-text.ts'

const answerMs = 30_000

/** What became of an update, in the words of this command line. */
const explain = async (client: Client, error: unknown, id: string, message: ControlMessage): Promise<unknown> => {
  if (error instanceof WorkflowUpdateFailedError) return new CommandFailed(`${message} refused: ${reasonOf(error)}`)
  if (error instanceof WorkflowNotFoundError) return new CommandFailed(`no open run "${id}" on this server`)
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return noAnswer(client, id)
  const stands = isOutage(error) ? await standstill(client, id) : null
  return stands === null ? error : new CommandFailed(stands)
}

/** Sends a validated update and prints the run's answer. */
const tell = (id: string, message: ControlMessage, request: unknown, json: boolean): Promise<void> =>
  withClient(async (client) => {
    const handle = client.workflow.getHandle(id)
    try {
      const answer = await client.connection.withDeadline(Date.now() + answerMs, () =>
        handle.executeUpdate<string, [unknown]>(message, { args: [request] }),
      )
      if (json) printJson({ id, message, answer })
      else console.log(`${id}: ${answer}`)
    } catch (error) {
      throw await explain(client, error, id, message)
    }
  })

/** A program's source, checked as far as this machine can: without Python the run itself has to find the rest. */
const readProgram = async (file: string): Promise<string> => {
  const source = readText(file)
  const reason = await programProblem(source).catch((error: unknown) => {
    if (error instanceof ApplicationFailure && error.type === 'PythonMissing') return null
    throw error
  })
  if (reason !== null) throw new CommandFailed(`${file}: ${reason}`)
  return source
}

interface Json {
  json: boolean
}

type Bounds = Partial<Record<'dollars' | 'hours' | 'target' | 'patience', number | 'none'>>

const lifted = (bounds: Bounds) =>
  Object.fromEntries(Object.entries(bounds).map(([name, bound]) => [name, bound === 'none' ? null : bound]))

/** `pause`, `continue`, `stop`, `extend`, `budget` and `inject`: updates of an open run. */
export const addControl = (program: Command): void => {
  const add = (signature: string, description: string) =>
    addJsonOption(program.command(signature)).description(description)

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
  add('budget <id>', 'change what ends an open run early; `none` lifts a bound')
    .option('--dollars <amount>', 'for model calls', boundAbove(0))
    .option('--hours <n>', 'since the start of the run', boundAbove(0))
    .option('--target <score>', 'that is enough', boundAbove(Number.NEGATIVE_INFINITY))
    .option('--patience <n>', 'iterations without a better score', boundAbove(0))
    .action((id: string, { json, ...bounds }: Json & Bounds) => tell(id, 'setBudget', lifted(bounds), json))
  add('inject <id> <program>', 'have a program of your own evaluated and join the population').action(
    async (id: string, file: string, { json }: Json) => tell(id, 'inject', { source: await readProgram(file) }, json),
  )
}

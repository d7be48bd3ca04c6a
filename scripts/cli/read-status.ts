import {
  type Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/common'
import { statusQuery } from '../../temporal/messages.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { upgradeStatus } from '../../temporal/upgrade.ts'
import { CommandFailed, reasonOf } from './failure.ts'
import { noAnswer } from './no-answer.ts'
import { isOutage } from './outage.ts'

const queryMs = 10_000

export const noRun = (id: string): CommandFailed => new CommandFailed(`no run "${id}" on this server`)

/** A status for a run that failed, so that its shape is the same as any other's. */
const failedStatus = (id: string, reason: string, last: RunStatus | null): RunStatus => ({
  id,
  problem: '',
  iterations: 0,
  iterationsWanted: 0,
  evaluated: 0,
  modelCalls: 0,
  mutator: null,
  best: null,
  confirmations: null,
  digest: '',
  seconds: 0,
  startedAt: 0,
  deviceBusy: null,
  islands: [],
  ledger: null,
  retentionDays: null,
  ignored: [],
  ...last,
  phase: 'failed',
  reason,
})

/** Where a run stands on the server: an execution status of Temporal, or `absent`. */
export const standing = async (client: Client, id: string): Promise<string> => {
  try {
    return (await client.workflow.getHandle(id).describe()).status.name
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'absent'
    throw error
  }
}

/** A query's answer; `null` while no orchestrator answers. */
export const ask = async <T>(handle: WorkflowHandle, query: QueryDefinition<T>): Promise<{ answer: T } | null> => {
  try {
    const { connection } = handle.client
    return { answer: await connection.withDeadline(Date.now() + queryMs, () => handle.query(query)) }
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) return null
    if (isOutage(error)) return null
    throw error
  }
}

const resultOf = async (client: Client, id: string): Promise<RunStatus> => {
  const handle = client.workflow.getHandle(id)
  try {
    return upgradeStatus((await handle.result()) as RunStatus)
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    return failedStatus(id, reasonOf(error), (await ask(handle, statusQuery))?.answer ?? null)
  }
}

/**
 * A run's status: from its result where it has closed, else by query.
 * @throws CommandFailed when the run is unknown, or when nobody answers for one without a result.
 */
export const readStatus = async (client: Client, id: string): Promise<RunStatus> => {
  const where = await standing(client, id)
  if (where === 'absent') throw noRun(id)
  if (where !== 'RUNNING' && where !== 'CANCELLED') return resultOf(client, id)
  const asked = await ask(client.workflow.getHandle(id), statusQuery)
  if (asked === null) throw await noAnswer(client, id)
  return asked.answer
}

import {
  type Client,
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { statusQuery } from '../../temporal/messages.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { CommandFailed, reasonOf } from './failure.ts'

const queryMs = 5000

/** Server or workers are away, restarting or busy: trying again may help. */
export const isOutage = (error: unknown): boolean =>
  isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause))

/** A status for a run that failed, so that its shape is the same as any other's. */
export const failedStatus = (id: string, reason: string, last: RunStatus | null): RunStatus => ({
  id,
  problem: '',
  iterations: 0,
  iterationsWanted: 0,
  evaluated: 0,
  modelCalls: 0,
  mutator: null,
  best: null,
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

const resultOf = async (client: Client, id: string): Promise<RunStatus> => {
  try {
    return (await client.workflow.getHandle(id).result()) as RunStatus
  } catch (error) {
    if (error instanceof WorkflowFailedError) return failedStatus(id, reasonOf(error), null)
    throw error
  }
}

/** The status query's answer; `null` while no orchestrator answers. */
export const askStatus = async (client: Client, id: string): Promise<RunStatus | null> => {
  try {
    return await client.connection.withDeadline(Date.now() + queryMs, () =>
      client.workflow.getHandle(id).query(statusQuery),
    )
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) return null
    if (isOutage(error)) return null
    throw error
  }
}

/**
 * A run's status: from its result where it has closed, else by query.
 * @throws CommandFailed when the run is unknown, or open and nobody answers for it.
 */
export const readStatus = async (client: Client, id: string): Promise<RunStatus> => {
  const description = await client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) throw new CommandFailed(`no run "${id}" on this server`)
      throw error
    })
  const closed = description.status.name !== 'RUNNING'
  if (closed && description.status.name !== 'CANCELLED') return resultOf(client, id)
  const status = await askStatus(client, id)
  if (status !== null) return status
  throw new CommandFailed(
    `run "${id}" does not answer: is an orchestrator running? (npx mlx-evolve worker orchestrator, or npm start)`,
  )
}

import type { Client } from '@temporalio/client'
import { homeFile } from '../../temporal/home.ts'
import { evolutionQueue } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { startRun } from '../cli/start-run.ts'
import { type Attempt, watchAttempts } from './attempts.ts'
import { disturb } from './disturb.ts'
import { readHistories } from './histories.ts'
import { type LedgerRow, type ModelCall, readLedger } from './model-calls.ts'
import { connectObserver, untilAnswered } from './observer.ts'
import type { PlannedKill } from './plan.ts'
import { type Happening, type Processes, startProcesses } from './processes.ts'
import type { Lost } from './restarts.ts'
import type { Testbed } from './testbed.ts'
import { viewRuns } from './viewer.ts'

/** A run to be made: started by the command line's own code, or by a bare client with the server's defaults. */
export interface RunToMake {
  id: string
  begun: 'command line' | 'bare client'
}

/** What became of a run. */
export interface RunRecord extends RunToMake {
  /** Its summary; null where it did not end in time. */
  status: RunStatus | null
  ledger: LedgerRow[]
  attempts: Attempt[]
  lost: Lost[]
}

/** What happened while some runs were disturbed. */
export interface RoundRecord {
  planned: number
  kills: Happening[]
  ended: string[]
  arrivals: Happening[]
  /** Of all its runs. */
  calls: ModelCall[]
  evaluations: string[]
  runs: RunRecord[]
}

export interface Round {
  plan: PlannedKill[]
  runs: RunToMake[]
  input: RunInput
}

const limitMs = 10 * 60_000

const begin = async (client: Client, { id, begun }: RunToMake, input: RunInput): Promise<void> => {
  if (begun === 'command line') await startRun(client, id, input)
  else await client.workflow.start('evolution', { workflowId: id, taskQueue: evolutionQueue, args: [input] })
}

const recordOf = async (client: Client, run: RunToMake, seen: Attempt[], open: boolean): Promise<RunRecord> => {
  const handle = client.workflow.getHandle(run.id)
  // None of these runs continues as new: its execution is its first.
  const { runId } = await untilAnswered(() => handle.describe())
  const { attempts, lost } = await readHistories(client, run.id)
  const own = seen.filter(({ workflow }) => workflow === run.id || workflow.startsWith(`${run.id}/`))
  return {
    ...run,
    status: open ? null : ((await untilAnswered(() => handle.result())) as RunStatus),
    ledger: readLedger(homeFile('replies.sqlite'), runId),
    attempts: [...own, ...attempts],
    lost,
  }
}

/** Makes the runs at once, on processes of their own, while somebody looks at them and those are killed as planned. */
const play = async (client: Client, processes: Processes, testbed: Testbed, round: Round): Promise<RoundRecord> => {
  const { plan, runs, input } = round
  const [asked, evaluated] = [testbed.model.requests.length, testbed.evaluations().length]
  const calls = () => testbed.model.requests.slice(asked)
  for (const run of runs) await begin(client, run, input)
  const over = new AbortController()
  const scene = {
    processes,
    calls: () => new Set(calls().map(({ idempotencyKey }) => idempotencyKey)).size,
    candidate: () => testbed.evaluations().at(-1) ?? null,
  }
  const ids = runs.map(({ id }) => id)
  const watching = watchAttempts(client, ids, limitMs).finally(() => over.abort())
  const viewing = viewRuns(client, ids, over.signal)
  const [watched] = await Promise.all([watching, disturb(plan, scene, over.signal), viewing])
  const records: RunRecord[] = []
  for (const run of runs) records.push(await recordOf(client, run, watched.attempts, watched.open.includes(run.id)))
  return {
    planned: plan.length,
    kills: processes.kills,
    ended: processes.ended,
    arrivals: processes.arrivals(),
    calls: calls().map(({ idempotencyKey, receivedAt, answeredAt }) => {
      return { key: idempotencyKey ?? '', receivedAt, answeredAt }
    }),
    evaluations: testbed.evaluations().slice(evaluated),
    runs: records,
  }
}

/** A round with server and workers of its own, in the testbed's home. */
export const makeRound = async (testbed: Testbed, round: Round): Promise<RoundRecord> => {
  const processes = await startProcesses()
  try {
    const client = await connectObserver(processes.address)
    try {
      return await play(client, processes, testbed, round)
    } finally {
      await client.connection.close()
    }
  } finally {
    await processes.stop()
  }
}

import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import type { Duration } from '@temporalio/common'
import type { temporal } from '@temporalio/proto'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGivenProposer } from '../../activities/mutation/given.ts'
import { createOfflineMutator } from '../../activities/mutation/offline.ts'
import { createRunActivities } from '../../activities/run/run-activities.ts'
import { createSelectionActivities } from '../../activities/selection/select.ts'
import { isOutage } from '../../scripts/cli/outage.ts'
import { pythonPath } from '../../scripts/setup/paths.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import { createLogger } from '../../temporal/logger.ts'
import { statusQuery } from '../../temporal/messages.ts'
import { evolutionQueue, mutationQueue } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { registerSearchAttributes } from '../../workers/search-attributes.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { type FakeDevice, measured, startFakeDevice } from '../support/fake-device.ts'

/** What comes when the run has ended, or is ending, reaches nobody; nor is a query answered whose task is tried again. */
const isGone = (error: unknown): void => {
  const gone = error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError
  if (!gone && !isOutage(error)) throw error
}

let engine: Engine
let connection: NativeConnection
let device: FakeDevice
let bundle: { code: string }
/** How long a selection takes. */
let selectionMs = 0
const running: { worker: Worker; ended: Promise<void> }[] = []

beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 150 })
  connection = await NativeConnection.connect({ address: engine.address })
  bundle = await bundleWorkflowCode({
    workflowsPath: path.join(repoRoot, 'workflows/index.ts'),
    workflowInterceptorModules: ['workflows/interceptors.ts', 'test/support/slow-queries.ts'].map((file) =>
      path.join(repoRoot, file),
    ),
    logger: new DefaultLogger('WARN'),
  })
  const selection = createSelectionActivities()
  const searchAttributes = await registerSearchAttributes(engine.client, createLogger('test'))
  const run = createRunActivities({
    client: engine.client,
    problemRoots: [path.join(repoRoot, 'problems')],
    runsFolder: engine.runs,
    facts: async () => ({ mutator: 'offline', searchAttributes, retentionDays: null }),
  })
  const workers = await Promise.all([
    Worker.create({
      ...{ connection, taskQueue: evolutionQueue, dataConverter: dataConverter(), workflowBundle: bundle },
      activities: {
        ...selection,
        ...run,
        select: async (input: Parameters<typeof selection.select>[0]) => {
          await delay(selectionMs)
          return selection.select(input)
        },
      },
    }),
    Worker.create({
      ...{ connection, taskQueue: mutationQueue, dataConverter: dataConverter() },
      activities: {
        ...createOfflineMutator({ python: pythonPath() }),
        ...createGivenProposer({ python: pythonPath() }),
      },
    }),
  ])
  for (const worker of workers) running.push({ worker, ended: worker.run() })
  device = await startFakeDevice(engine, () => measured(1 + Math.random()))
})
afterAll(async () => {
  for (const { worker } of running) worker.shutdown()
  await Promise.all(running.map(({ ended }) => ended))
  await device.stop()
  await connection.close()
  await engine.close()
})

/** The executions of a run's chain, the last one first. */
const executions = async (id: string): Promise<temporal.api.history.v1.IHistory[]> => {
  const found: temporal.api.history.v1.IHistory[] = []
  for (let runId: string | null | undefined; runId !== ''; ) {
    const history = await engine.client.workflow.getHandle(id, runId ?? undefined).fetchHistory()
    found.push(history)
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? ''
  }
  return found
}

type Event = temporal.api.history.v1.IHistoryEvent

/** Updates that were accepted and not answered in one workflow task: if the orchestrator died between, never. */
const answeredLater = (events: Event[]): Event[] =>
  events.filter(({ workflowExecutionUpdateCompletedEventAttributes: completed, eventId }) => {
    if (!completed) return false
    const from = events.findIndex((event) => String(event.eventId) === String(completed.acceptedEventId))
    const to = events.findIndex((event) => event.eventId === eventId)
    return events.slice(from, to).some((event) => event.workflowTaskCompletedEventAttributes)
  })

/** A run that is asked and told things all the time until it ends; its executions' histories, which have to replay. */
const asked = async (id: string, input: Partial<RunInput>, workflowTaskTimeout: Duration) => {
  const handle = await engine.client.workflow.start('evolution', {
    ...{ workflowId: id, taskQueue: evolutionQueue, workflowTaskTimeout },
    args: [{ problem: 'closed_form', mutation: { mutator: 'offline' }, budget: { hours: 1 }, ...input }],
  })
  let ended = false
  const untilEnded = async (act: () => Promise<unknown>): Promise<void> => {
    while (!ended) {
      await act().catch(isGone)
      await delay(25)
    }
  }
  const ask = () => handle.query(statusQuery)
  const setBudget = () => handle.executeUpdate<string, [unknown]>('setBudget', { args: [{ hours: 2 }] })
  const pauseAndResume = async () => {
    await handle.signal('pause')
    await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
    await delay(500)
  }
  const acting = [ask, ask, setBudget, setBudget, pauseAndResume].map(untilEnded)
  try {
    await handle.executeUpdate<string, [unknown]>('extend', { args: [{ iterations: 6 }] })
    const iterations = (input.iterations ?? 0) + 6
    expect((await handle.result()) as RunStatus).toMatchObject({ phase: 'completed', iterations })
  } finally {
    ended = true
    await Promise.all(acting)
  }
  const histories = await executions(id)
  const first = histories.at(-1)?.events ?? []
  expect(first.some((event) => event.workflowExecutionUpdateCompletedEventAttributes)).toBe(true)
  for (const history of histories) {
    expect(answeredLater(history.events ?? [])).toEqual([])
    await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter: dataConverter() }, history, id)
  }
  return histories
}

test('a run that is asked, and told things, all the time can be replayed', async () => {
  selectionMs = 20 // as long as many a query is under way
  const histories = await asked('asked', { iterations: 42, islands: 6, migration: { every: 2 } }, '5 seconds')
  expect(histories.length).toBeGreaterThan(1)
}, 300_000)

test('so can one whose selection outlasts its workflow tasks', async () => {
  selectionMs = 1000
  const histories = await asked('outlasted', { iterations: 6, islands: 2, migration: { every: 2 } }, '1 second')
  const started = histories.at(-1)?.events?.[0]?.workflowExecutionStartedEventAttributes
  expect(1000 * Number(started?.workflowTaskTimeout?.seconds)).toBeLessThanOrEqual(selectionMs)
}, 300_000)

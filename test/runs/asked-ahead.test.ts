import { setTimeout as delay } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { begin, runToEnd } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

const input: RunInput = { problem: 'closed_form', iterations: 36, islands: 3, seed: 3, migration: { every: 100 } }

let engine: Engine
let stub: ModelStub
let workers: Awaited<ReturnType<typeof startWorkers>>

beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 40 })
  stub = await startModelStub()
  workers = await startWorkers(engine, { OPENAI_API_KEY: 'a-key', OPENAI_BASE_URL: stub.url })
})
afterAll(async () => {
  await workers.stop()
  await stub.close()
  await engine.close()
})

/** Model calls that the run itself made, not one of its generations, execution by execution. */
const askedAhead = async (id: string): Promise<number[]> => {
  const counts: number[] = []
  let runId = (await engine.client.workflow.getHandle(id).describe()).runId
  for (let next: string | null | undefined = runId; next; ) {
    runId = next
    const { events } = await engine.client.workflow.getHandle(id, runId).fetchHistory()
    const calls = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'mutateWithModel',
    )
    counts.unshift(calls.length)
    next = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
  }
  return counts
}

const keysSince = (start: number): (string | null)[] =>
  stub.requests.slice(start).map(({ idempotencyKey }) => idempotencyKey)

test('an island that waits for a fresh start has its next proposals asked for meanwhile, once', async () => {
  stub.setLatency(400)
  const before = stub.requests.length
  const summary = await runToEnd(engine.client, 'ahead', input)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 36 })
  const ahead = await askedAhead('ahead')
  expect(ahead.length).toBeGreaterThan(1)
  expect(ahead.some((calls) => calls > 0)).toBe(true)
  const keys = keysSince(before)
  expect(new Set(keys).size).toBe(keys.length)
  expect(summary.modelCalls).toBe(keys.length)
})

/** Resolves while a model call of the run's own is under way. */
const untilAsking = async (handle: WorkflowHandle): Promise<void> => {
  for (;;) {
    const { raw } = await handle.describe()
    if (raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'mutateWithModel')) return
    await delay(20)
  }
}

test('what was asked ahead is evaluated although a person stops the run', async () => {
  stub.setLatency(1000)
  const before = stub.requests.length
  const handle = await begin(engine.client, 'stopped-ahead', { ...input, iterations: 1000 })
  await untilAsking(handle)
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
  const keys = keysSince(before)
  expect(new Set(keys).size).toBe(keys.length)
  expect(summary.modelCalls).toBe(keys.length)
})

import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
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

/** Islands whose proposals were made ahead, in each execution of a run. */
const drawnAhead = async (id: string): Promise<number[]> => {
  const counts: number[] = []
  let runId = (await engine.client.workflow.getHandle(id).describe()).runId
  for (let next: string | null | undefined = runId; next; ) {
    runId = next
    const { events } = await engine.client.workflow.getHandle(id, runId).fetchHistory()
    const begun = (events ?? []).filter(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name === 'proposals',
    )
    counts.unshift(begun.length)
    next = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
  }
  return counts
}

const keysSince = (start: number): (string | null)[] =>
  stub.requests.slice(start).map(({ idempotencyKey }) => idempotencyKey)

/** Nothing was asked for twice, and every reply is among the run's model calls. */
const expectAllCounted = (summary: RunStatus, before: number): void => {
  const keys = keysSince(before)
  expect(new Set(keys).size).toBe(keys.length)
  expect(summary.modelCalls).toBe(keys.length)
}

test('an island that waits for a fresh start has its next proposals made meanwhile, and no reply is paid for twice', async () => {
  stub.setLatency(400)
  const before = stub.requests.length
  const summary = await runToEnd(engine.client, 'ahead', input)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 36 })
  const ahead = await drawnAhead('ahead')
  expect(ahead.length).toBeGreaterThan(1)
  expect(ahead.some((islands) => islands > 0)).toBe(true)
  expectAllCounted(summary, before)
})

/** The run, as soon as it has proposals made ahead: they take three seconds. */
const beginDrawingAhead = async (id: string, iterations = 1000): Promise<WorkflowHandle> => {
  stub.setLatency(3000)
  const handle = await begin(engine.client, id, { ...input, iterations })
  const drawing = `WorkflowType = "proposals" and WorkflowId STARTS_WITH "${id}/"`
  const isDrawing = async () => expect((await engine.client.workflow.count(drawing)).count).toBeGreaterThan(0)
  await vi.waitFor(isDrawing, { timeout: 60_000, interval: 50 })
  return handle
}

test('what was drawn ahead is evaluated although a person stops the run', async () => {
  const before = stub.requests.length
  const handle = await beginDrawingAhead('stopped-ahead')
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
  expectAllCounted(summary, before)
})

test('what was drawn ahead is carried, and evaluated although a person stops the next execution', async () => {
  const before = stub.requests.length
  const handle = await beginDrawingAhead('stopped-after')
  const first = (await handle.describe()).runId
  await handle.executeUpdate<string, [unknown]>('pause', { args: [{}] })
  const isNext = async () => expect((await handle.describe()).runId).not.toBe(first)
  await vi.waitFor(isNext, { timeout: 60_000, interval: 50 })
  const paused = await untilStatus(handle, ({ phase }) => phase === 'paused')
  expect(paused.islands.map(({ activity }) => activity)).toContainEqual(expect.stringContaining('its proposals made'))
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
  expectAllCounted(summary, before)
})

test('proposals that somebody terminated pause the run, and are not paid for again', async () => {
  const before = stub.requests.length
  const handle = await beginDrawingAhead('terminated-ahead', 36)
  for await (const { workflowId } of engine.client.workflow.list({
    query: 'WorkflowType = "proposals" and WorkflowId STARTS_WITH "terminated-ahead/" and ExecutionStatus = "Running"',
  })) {
    await engine.client.workflow.getHandle(workflowId).terminate()
  }
  const { reason } = await untilStatus(handle, ({ phase }) => phase === 'paused')
  expect(reason).toContain('ended without a result')
  await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
  stub.setLatency(100)
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: 36 })
  expectAllCounted(summary, before)
})

test('trouble with the model is waited out there as anywhere: every draw is asked for again once', async () => {
  stub.setLatency(100)
  const before = stub.requests.length
  const met = new Set<string | null>()
  stub.setFault(({ idempotencyKey }) => {
    if (met.has(idempotencyKey)) return null
    met.add(idempotencyKey)
    return { kind: 'serverError' }
  })
  const summary = await runToEnd(engine.client, 'troubled-ahead', input)
  stub.setFault(null)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 36, modelCalls: met.size })
  expect(keysSince(before)).toHaveLength(2 * met.size)
  expect((await drawnAhead('troubled-ahead')).some((islands) => islands > 0)).toBe(true)
})

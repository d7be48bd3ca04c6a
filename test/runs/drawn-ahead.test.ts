import { setTimeout as delay } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('an island that waits for a fresh start has its next proposals made meanwhile, and no reply is paid for twice', async () => {
  stub.setLatency(400)
  const before = stub.requests.length
  const summary = await runToEnd(engine.client, 'ahead', input)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 36 })
  const ahead = await drawnAhead('ahead')
  expect(ahead.length).toBeGreaterThan(1)
  expect(ahead.some((islands) => islands > 0)).toBe(true)
  const keys = keysSince(before)
  expect(new Set(keys).size).toBe(keys.length)
  expect(summary.modelCalls).toBe(keys.length)
})

/** The run, as soon as it has proposals made ahead. */
const beginDrawingAhead = async (id: string): Promise<WorkflowHandle> => {
  const handle = await begin(engine.client, id, { ...input, iterations: 1000 })
  const drawing = `WorkflowType = "proposals" and WorkflowId STARTS_WITH "${id}/"`
  while ((await engine.client.workflow.count(drawing)).count === 0) await delay(50)
  return handle
}

test('what was drawn ahead is evaluated although a person stops the run', async () => {
  stub.setLatency(1000)
  const before = stub.requests.length
  const handle = await beginDrawingAhead('stopped-ahead')
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
  const keys = keysSince(before)
  expect(new Set(keys).size).toBe(keys.length)
  expect(summary.modelCalls).toBe(keys.length)
})

test('what was drawn ahead is carried, and evaluated although a person stops the next execution', async () => {
  stub.setLatency(1000)
  const before = stub.requests.length
  const handle = await beginDrawingAhead('stopped-after')
  const first = (await handle.describe()).runId
  await handle.executeUpdate<string, [unknown]>('pause', { args: [{}] })
  while ((await handle.describe()).runId === first) await delay(50)
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
  expect(summary.modelCalls).toBe(new Set(keysSince(before)).size)
  expect(stub.requests.length - before).toBe(summary.modelCalls)
})

test('trouble with the model is waited out there as anywhere: nothing is asked without a pause', async () => {
  stub.setLatency(300)
  const handle = await beginDrawingAhead('troubled-ahead')
  const before = stub.requests.length
  stub.setFault({ kind: 'unauthorized' })
  const paused = await untilStatus(handle, ({ phase }) => phase === 'paused')
  expect(paused.reason).toMatch(/AuthenticationFailed/)
  // One a draw at most: three islands of two draws, and those whose request was on its way already.
  expect(stub.requests.length - before).toBeLessThanOrEqual(12)
  stub.setFault(null)
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  expect(await handle.result()).toMatchObject({ phase: 'stopped' })
})

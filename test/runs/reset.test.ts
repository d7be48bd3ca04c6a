import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HistoryEvent } from '../../activities/run/history-payload.ts'
import { temporalCliPath } from '../../scripts/setup/paths.ts'
import { generationId } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

/** One island of four generations; a model makes two candidates in each. */
const input: RunInput = { problem: 'closed_form', iterations: 8, islands: 1, seed: 5 }

let engine: Engine
let stub: ModelStub
let workers: Awaited<ReturnType<typeof startWorkers>>
let undisturbed: RunStatus
/** Requests that a run makes. */
let calls: number

beforeAll(async () => {
  engine = await startEngine()
  stub = await startModelStub()
  workers = await startWorkers(engine, { OPENAI_API_KEY: 'a-key', OPENAI_BASE_URL: stub.url })
  undisturbed = await runToEnd(engine.client, 'undisturbed', input)
  calls = stub.requests.length
})
afterAll(async () => {
  await workers.stop()
  await stub.close()
  await engine.close()
})

const eventsOf = async (id: string): Promise<HistoryEvent[]> =>
  (await engine.client.workflow.getHandle(id).fetchHistory()).events ?? []

const isTask = (event: HistoryEvent): boolean => !!event.workflowTaskCompletedEventAttributes

/** The first workflow task of a run that is completed after the event. */
const taskAfter = async (id: string, happened: (event: HistoryEvent) => boolean): Promise<HistoryEvent> => {
  for (;;) {
    const events = await eventsOf(id)
    const at = events.findIndex(happened)
    const task = at < 0 ? undefined : events.slice(at).find(isTask)
    if (task !== undefined) return task
    await delay(50)
  }
}

const startOf =
  (generation: number, id: string) =>
  ({ childWorkflowExecutionStartedEventAttributes: started }: HistoryEvent): boolean =>
    started?.workflowExecution?.workflowId === generationId(id, 0, generation)

const endOf =
  (generation: number, id: string) =>
  ({ childWorkflowExecutionCompletedEventAttributes: completed }: HistoryEvent): boolean =>
    completed?.workflowExecution?.workflowId === generationId(id, 0, generation)

/** Resets a run the way a person would, and waits for its end. */
const resetTo = async (id: string, task: HistoryEvent): Promise<RunStatus> => {
  const to = ['--workflow-id', id, '--event-id', String(task.eventId), '--reason', 'a test']
  await execa(temporalCliPath(), ['workflow', 'reset', ...to, '--address', engine.address])
  return (await engine.client.workflow.getHandle(id).result()) as RunStatus
}

const childOf = async (id: string, generation: number): Promise<string> =>
  (await engine.client.workflow.getHandle(generationId(id, 0, generation)).describe()).runId

/** A run whose second generation waits for its model; what is asked for later is answered at once. */
const inSecondGeneration = async (id: string) => {
  const before = stub.requests.length
  stub.setLatency(1500)
  const handle = await begin(engine.client, id, input)
  await untilStatus(handle, ({ iterations }) => iterations === 2)
  const asked = stub.requests.length
  await untilStatus(handle, () => stub.requests.length === asked + 2)
  stub.setLatency(0)
  return { before, child: await childOf(id, 2) }
}

test('a run that is reset with no generation running draws the same again, and pays for none of it again', async () => {
  const before = stub.requests.length
  const status = await resetTo('undisturbed', await taskAfter('undisturbed', endOf(2, 'undisturbed')))
  expect(status).toMatchObject({ phase: 'completed', iterations: 8, digest: undisturbed.digest })
  expect(stub.requests).toHaveLength(before)
})

test('a generation that the reset leaves behind is replaced, its model calls are not made again', async () => {
  const { before, child } = await inSecondGeneration('behind')
  const status = await resetTo('behind', await taskAfter('behind', endOf(1, 'behind')))
  expect(await childOf('behind', 2)).not.toBe(child)
  expect(status).toMatchObject({ phase: 'completed', iterations: 8, digest: undisturbed.digest })
  expect(stub.requests.length - before).toBe(calls)
})

test('a generation that began before the point of the reset goes on in the run that follows', async () => {
  const { before, child } = await inSecondGeneration('before')
  const status = await resetTo('before', await taskAfter('before', startOf(2, 'before')))
  expect(await childOf('before', 2)).toBe(child)
  expect(status).toMatchObject({ phase: 'completed', iterations: 8, digest: undisturbed.digest })
  expect(stub.requests.length - before).toBe(calls)
})

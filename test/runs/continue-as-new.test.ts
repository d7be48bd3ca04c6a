import { afterAll, expect, test } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { startEngine } from '../support/engine.ts'
import { begin } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

const input: RunInput = { problem: 'closed_form', iterations: 24, seed: 3, migration: { every: 2 } }
const closers: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

/** The run on a server of its own, and whether its chain had more than one execution. */
const runOn = async (dynamicConfig: Record<string, unknown>) => {
  const engine = await startEngine(dynamicConfig)
  closers.push(engine.close)
  const workers = await startWorkers(engine)
  closers.push(workers.stop)
  const handle = await begin(engine.client, 'run', input)
  const first = (await handle.describe()).runId
  const status = (await handle.result()) as RunStatus
  const last = (await engine.client.workflow.getHandle('run').describe()).runId
  return { status, continued: first !== last }
}

test('continue-as-new, at a point where migrants wait, leaves the outcome as it is', async () => {
  const whole = await runOn({})
  const continued = await runOn({ 'limit.historyCount.suggestContinueAsNew': 60 })
  expect([whole.continued, continued.continued]).toEqual([false, true])
  expect(continued.status).toMatchObject({ phase: 'completed', iterations: 24 })
  expect(continued.status.digest).toBe(whole.status.digest)
  expect(continued.status.best).toEqual(whole.status.best)
  expect(continued.status.evaluated).toBe(whole.status.evaluated)
})

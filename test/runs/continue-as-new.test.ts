import { tsToMs } from '@temporalio/common/lib/time.js'
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

/** The run on a server of its own, whether its chain had more than one execution, and its last one's task timeout. */
const runOn = async (dynamicConfig: Record<string, unknown>) => {
  const engine = await startEngine(dynamicConfig)
  closers.push(engine.close)
  const workers = await startWorkers(engine)
  closers.push(workers.stop)
  const handle = await begin(engine.client, 'run', input)
  const first = (await handle.describe()).runId
  const status = (await handle.result()) as RunStatus
  const { runId: last, raw } = await engine.client.workflow.getHandle('run').describe()
  const taskTimeoutMs = tsToMs(raw.executionConfig?.defaultWorkflowTaskTimeout)
  return { status, continued: first !== last, taskTimeoutMs }
}

test('continue-as-new, at a point where migrants wait, leaves the outcome as it is', async () => {
  const whole = await runOn({})
  const continued = await runOn({ 'limit.historyCount.suggestContinueAsNew': 60 })
  expect([whole.continued, continued.continued]).toEqual([false, true])
  expect(continued.status).toMatchObject({ phase: 'completed', iterations: 24 })
  expect(continued.status.digest).toBe(whole.status.digest)
  expect(continued.status.best).toEqual(whole.status.best)
  expect(continued.status.evaluated).toBe(whole.status.evaluated)
  // Whoever started it: what is in flight when an orchestrator dies is not to wait for long.
  expect([whole.taskTimeoutMs, continued.taskTimeoutMs]).toEqual([10_000, 5000])
})

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { dataConverter } from '../../temporal/data-converter.ts'
import type { EvaluateInput } from '../../temporal/evaluation.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { workflowBundlePath } from '../../workers/bundle.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { around, type FakeDevice, measured, startFakeDevice } from '../support/fake-device.ts'
import { type Gate, gate } from '../support/gate.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let orchestrator: WorkerProcess
let device: FakeDevice
/** Holds the first confirmation of a test. */
let held: Gate

beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 60 })
  orchestrator = await startWorker(engine, 'orchestrator')
})
afterAll(async () => {
  await orchestrator.kill('SIGTERM')
  await engine.close()
})

/** The first programs promise much; the first confirmation waits to be let go. */
const use = async (): Promise<void> => {
  held = gate()
  let screenings = 0
  let confirmations = 0
  device = await startFakeDevice(engine, async ({ purpose }: EvaluateInput) => {
    if (purpose === 'screening') return measured(1 + Math.min(screenings++, 2) / 10)
    if (confirmations++ === 0) await held.pass()
    return measured(1.15, 1)
  })
}
beforeAll(use)
afterEach(async () => {
  held.open()
  await device.stop()
  await use()
})
afterAll(() => device.stop())

const input: RunInput = { problem: 'mlx_training', iterations: 4, islands: 2, heldOut: [] }
const confirmed = { confirmed: true, speedup: { eager: around(1.15) } }
const spent = (id: string): number =>
  device.asked.filter(({ purpose, evolutionId }) => purpose === 'confirmation' && evolutionId === id).length

test('islands go on while a program is confirmed, and an orchestrator that is killed loses nothing', async () => {
  const handle = await begin(engine.client, 'killed', { ...input, iterations: 8, confirmation: { maximum: 2 } })
  await held.reached
  const during = await untilStatus(handle, ({ iterations }) => iterations > 4)
  expect(during.confirmations?.current).toMatchObject({ index: 1 })
  expect(during.best).toMatchObject({ confirmed: false, speedup: null, screened: { eager: around(1.2) } })
  await orchestrator.kill('SIGKILL')
  orchestrator = await startWorker(engine, 'orchestrator')
  held.open()
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: 8, best: confirmed })
  expect(summary.confirmations?.records[0]).toMatchObject({ index: 1, outcome: 'confirmed' })
  expect(spent('killed')).toBe(summary.confirmations?.spent)
  const workflowBundle = { codePath: await workflowBundlePath() }
  await Worker.runReplayHistory(
    { workflowBundle, dataConverter: dataConverter() },
    await handle.fetchHistory(),
    'killed',
  )
})

test('continue-as-new waits for the confirmation in flight and carries what came of it', async () => {
  const handle = await begin(engine.client, 'continued', { ...input, iterations: 60, confirmation: { maximum: 7 } })
  await held.reached
  const { runId } = await handle.describe()
  // History asks for a fresh start; all islands rest, for the confirmation alone is in flight.
  const { iterations } = await untilStatus(handle, ({ islands }) =>
    islands.every(({ activity }) => activity.startsWith('ready')),
  )
  expect((await handle.describe()).runId).toBe(runId)
  expect((await handle.describe()).historyLength).toBeGreaterThan(50)
  held.open()
  const latest = engine.client.workflow.getHandle('continued')
  const status = await untilStatus(latest, (now) => now.iterations > iterations)
  expect((await latest.describe()).runId).not.toBe(runId)
  expect(status.best).toMatchObject(confirmed)
  await latest.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  expect(await latest.result()).toMatchObject({ phase: 'stopped', best: confirmed })
})

test('stop finishes the confirmation in flight', async () => {
  const handle = await begin(engine.client, 'stopped', input)
  await held.reached
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  held.open()
  expect(await handle.result()).toMatchObject({ phase: 'stopped', reason: 'stopped by a person', best: confirmed })
})

test('pausing at the end grants no further confirmation', async () => {
  const handle = await begin(engine.client, 'paused', input)
  await held.reached
  await handle.executeUpdate<string, [unknown]>('pause', { args: [{}] })
  held.open()
  await untilStatus(handle, ({ phase, confirmations }) => phase === 'paused' && confirmations?.current === null)
  await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
  expect(await handle.result()).toMatchObject({ phase: 'completed', best: confirmed })
  expect(spent('paused')).toBe(1)
})

test('iterations drawn after the end grant one more', async () => {
  const handle = await begin(engine.client, 'extended', input)
  await held.reached
  await handle.executeUpdate<string, [unknown]>('extend', { args: [{ iterations: 2 }] })
  held.open()
  expect(await handle.result()).toMatchObject({ phase: 'completed', iterations: 6, best: confirmed })
  expect(spent('extended')).toBe(2)
})

test('cancel ends it at once and exports what was screened as screened', async () => {
  const handle = await begin(engine.client, 'cancelled', input)
  await held.reached
  await handle.cancel()
  await expect(handle.result()).rejects.toThrow()
  expect((await handle.describe()).status.name).toBe('CANCELLED')
  const report = readFileSync(path.join(engine.runs, 'cancelled', 'report.md'), 'utf8')
  expect(report).toContain('No speedup was confirmed.')
  expect(report).toContain('Confirmations spent: 1.')
})

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import { bestQuery, populationQuery } from '../../temporal/messages.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { around, type FakeDevice, type Measure, measured, startFakeDevice } from '../support/fake-device.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let orchestrator: WorkerProcess
let device: FakeDevice
const devices: FakeDevice[] = []

beforeAll(async () => {
  engine = await startEngine()
  orchestrator = await startWorker(engine, 'orchestrator')
})
afterEach(async () => {
  for (const used of devices.splice(0)) await used.stop()
})
afterAll(async () => {
  await orchestrator.kill('SIGTERM')
  await engine.close()
})

const input: RunInput = { problem: 'mlx_training', iterations: 8, islands: 2, heldOut: ['wide', 'transformer'] }

/** Figures for the screened programs, in the order in which they come; stock's own speed for the others. */
const screened = (figures: Record<number, number>): Measure => {
  let count = -1
  return () => {
    count += 1
    return measured(figures[count] ?? 1)
  }
}

const use = async (screening: Measure, confirmation: Measure): Promise<void> => {
  const choose: Measure = (asked) => {
    if (asked.purpose === 'confirmation') return confirmation(asked)
    return asked.options.preset === 'small' ? screening(asked) : measured(asked.options.preset === 'wide' ? 1.1 : 0.9)
  }
  device = await startFakeDevice(engine, choose)
  devices.push(device)
}

const confirmations = (): EvaluateInput[] => device.asked.filter(({ purpose }) => purpose === 'confirmation')
const heldOut = (): unknown[] =>
  device.asked.map(({ options }) => options.preset).filter((preset) => preset !== 'small')
const report = (id: string): string => readFileSync(path.join(engine.runs, id, 'report.md'), 'utf8')
const attributes = async (id: string) =>
  (await engine.client.workflow.getHandle(id).describe()).searchAttributes as Record<string, unknown[] | undefined>

test('the best screened program is confirmed, and only that figure is a speedup', async () => {
  await use(screened({ 2: 1.3, 3: 1.1 }), () => measured(1.2, null, { noise_floor: 0.01, precision_changed: 1 }))
  const summary = await runToEnd(engine.client, 'confirmed', input)
  expect(summary.best).toMatchObject({ confirmed: true, score: around(1.2).low, screened: null })
  expect(summary.best?.speedup?.eager).toEqual(around(1.2))
  expect(summary.confirmations).toMatchObject({ spent: 1, current: null, promising: null })
  expect(summary.confirmations?.records).toMatchObject([{ index: 1, outcome: 'confirmed', reason: '' }])

  const [asked] = confirmations()
  expect(confirmations()).toHaveLength(1)
  expect(asked).toMatchObject({ confirmation: { index: 1, incumbentSource: null }, options: { launches: 8 } })
  expect(device.asked.filter(({ seed }) => seed === asked?.seed)).toHaveLength(1)
  expect((await attributes('confirmed')).EvolveBestSpeedup).toEqual([1.2])

  expect(heldOut()).toEqual(['wide', 'transformer'])
  const text = report('confirmed')
  expect(text).toContain(`\`${asked?.id}\`, 1.200× [1.188, 1.212] over stock eager MLX, confirmed, **with a change of`)
  expect(text).toContain('Confirmations spent: 1.')
  expect(text).toContain('| wide | screened 1.100× [1.089, 1.111] | helps |')
  expect(text).toContain('| transformer | screened 0.900× [0.891, 0.909] | slows down |')
  expect(text).toContain('noise floor: identical programs measure 0.990× to 1.010× here; this result is outside')
  expect(text).toContain('environment: chip Fake M1')

  const handle = engine.client.workflow.getHandle('confirmed')
  const page = await handle.query(populationQuery, {})
  const inhabitant = page.programs.find(({ id }) => id === asked?.id)
  expect(inhabitant).toMatchObject({ screened: { eager: around(1.3) } })
  expect(inhabitant).not.toHaveProperty('speedup')
  expect(await handle.query(bestQuery)).toMatchObject({ speedup: { eager: around(1.2) }, screened: null })
})

test('programs that are all like stock give no speedup, however lucky some are when screened', async () => {
  const lucky = { 1: 1.04, 2: 0.97, 3: 1.06, 4: 1.01, 5: 0.99, 6: 1.03, 7: 1.05 }
  await use(screened(lucky), () => measured(1.001))
  const summary = await runToEnd(engine.client, 'null', input)
  expect(summary.best).toMatchObject({ confirmed: false, speedup: null })
  expect(summary.confirmations?.records.map(({ outcome }) => outcome)).toEqual(['not confirmed', 'not confirmed'])
  expect(new Set(confirmations().map(({ hash }) => hash)).size).toBe(2) // none twice
  expect(summary.best?.programId).not.toBe(confirmations()[0]?.id)
  expect(heldOut()).toEqual([])
  expect((await attributes('null')).EvolveBestSpeedup).toBeUndefined()
  const text = report('null')
  expect(text).toMatch(/^No speedup was confirmed\. The best screened program is .* screened /m)
  expect(text).not.toContain('## Speedup')
  const info = JSON.parse(readFileSync(path.join(engine.runs, 'null', 'best_program_info.json'), 'utf8'))
  expect(info).toMatchObject({ confirmed: false, speedup: null, confirmations: { spent: 2 } })
})

describe('a program that promises more than the incumbent', () => {
  const halfway = { 1: 1.2, 4: 1.5 }
  const more: RunInput = { ...input, iterations: 8, islands: 1 }

  test('takes its place where its interval over it lies above 1', async () => {
    await use(screened(halfway), ({ confirmation }) =>
      confirmation?.incumbentSource ? measured(1.4, 1.1) : measured(1.2),
    )
    const summary = await runToEnd(engine.client, 'surpassed', { ...more, confirmation: { maximum: 4 } })
    const [first, second] = confirmations()
    expect(second?.confirmation).toEqual({ index: 2, incumbentSource: first?.source })
    expect(summary.best).toMatchObject({ programId: second?.id, confirmed: true, speedup: { eager: around(1.4) } })
    expect(report('surpassed')).toContain("| the run's best program before it | 1.100× [1.089, 1.111]")
  })

  test('does not where it does not', async () => {
    await use(screened(halfway), ({ confirmation }) =>
      confirmation?.incumbentSource ? measured(1.21, 1.005) : measured(1.2),
    )
    const summary = await runToEnd(engine.client, 'kept', { ...more, confirmation: { maximum: 4 } })
    const [first] = confirmations()
    expect(confirmations().length).toBeGreaterThan(1)
    expect(summary.best).toMatchObject({ programId: first?.id, confirmed: true, speedup: { eager: around(1.2) } })
    const [, refused] = summary.confirmations?.records ?? []
    expect(refused).toMatchObject({ outcome: 'not confirmed', reason: expect.stringContaining(`over ${first?.id}`) })
  })
})

const said = { seconds: 1, startedAt: 0, artifacts: {}, environment: {} }

test.each<Evaluation>([
  { verdict: 'rejected', stage: 'correctness', reason: 'update of wq differs', ...said },
  { verdict: 'unresolved', stage: 'crash', reason: 'took its worker down 3 times', ...said },
])('a program that is $verdict when confirmed is not the best one any more', async (refusal) => {
  const { verdict, stage, reason } = refusal
  await use(screened({ 1: 1.9 }), () => refusal)
  const summary = await runToEnd(engine.client, `${verdict}-at-last`, input)
  const shown = `${verdict} at stage ${stage}: ${reason}`
  expect(summary.confirmations?.records).toMatchObject([{ outcome: 'not confirmed', reason: shown, speedup: null }])
  expect(summary.best?.programId).not.toBe(confirmations()[0]?.id)
  expect(report(`${verdict}-at-last`)).toContain(shown)
})

test('a run that is resumed, and extended, goes on with its incumbent and its error budget', async () => {
  await use(screened({ 1: 1.2, 5: 1.6 }), ({ confirmation }) =>
    measured(confirmation?.incumbentSource ? 1.5 : 1.2, confirmation?.incumbentSource ? 1.3 : null),
  )
  const first = await runToEnd(engine.client, 'before', { ...input, iterations: 4, islands: 1 })
  expect(first.confirmations?.spent).toBe(1)
  const { runId } = await engine.client.workflow.getHandle('before').describe()
  const resumeFrom = { workflowId: 'before', runId }
  const handle = await begin(engine.client, 'after', { ...input, islands: 1, resumeFrom })
  const early = await untilStatus(handle, ({ islands }) => islands.length > 0)
  expect(early.best).toMatchObject({ confirmed: true, speedup: { eager: around(1.2) } })
  await handle.executeUpdate<string, [unknown]>('extend', { args: [{ iterations: 2 }] })
  const summary = (await handle.result()) as RunStatus
  const [, second] = confirmations()
  expect(second?.confirmation).toEqual({ index: 2, incumbentSource: confirmations()[0]?.source })
  expect(summary.best).toMatchObject({ programId: second?.id, speedup: { eager: around(1.5) } })
  expect(summary).toMatchObject({ phase: 'completed', iterations: 14 })
})

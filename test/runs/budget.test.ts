import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { cli } from '../support/cli.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let stub: ModelStub
let workers: Awaited<ReturnType<typeof startWorkers>>
let slow: string

beforeAll(async () => {
  engine = await startEngine()
  stub = await startModelStub()
  workers = await startWorkers(engine, { OPENAI_API_KEY: 'a-key', OPENAI_BASE_URL: stub.url })
  slow = slowProblem(engine.home, 0.3)
})
afterAll(async () => {
  await workers.stop()
  await stub.close()
  await engine.close()
})

const offline: RunInput = {
  problem: 'closed_form',
  iterations: 400,
  islands: 2,
  migration: { every: 2 },
  mutation: { mutator: 'offline' },
}

test('a target ends the search where it is reached, at the same place whoever was faster', async () => {
  const input: RunInput = { ...offline, budget: { target: 0.2 } }
  const first = await runToEnd(engine.client, 'target-first', input)
  expect(first).toMatchObject({
    phase: 'completed',
    reason: expect.stringMatching(/^budget\.target: .* was asked for$/),
  })
  expect(first.best?.score).toBeGreaterThanOrEqual(0.2)
  expect(first.iterations).toBeLessThan(400)
  const second = await runToEnd(engine.client, 'target-second', { ...input, concurrentIslands: 1 })
  expect(second.digest).toBe(first.digest)
})

test('patience ends a search that finds nothing', async () => {
  const summary = await runToEnd(engine.client, 'patience', { ...offline, budget: { patience: 8 } })
  expect(summary).toMatchObject({
    phase: 'completed',
    reason: expect.stringMatching(/^budget\.patience: nothing above/),
  })
  expect(summary.iterations).toBeLessThan(400)
})

test('hours end a run although nothing happens, and what is in flight is finished', async () => {
  const summary = await runToEnd(engine.client, 'hours', { ...offline, problem: slow, budget: { hours: 3 / 3600 } })
  expect(summary).toMatchObject({ phase: 'completed', reason: expect.stringContaining('budget.hours') })
  expect(summary.seconds).toBeLessThan(30)
  expect(summary.evaluated).toBeGreaterThan(0)
  const idle = await begin(engine.client, 'hours-idle', { ...offline, problem: slow, budget: { hours: 10 / 3600 } })
  await untilStatus(idle, ({ evaluated }) => evaluated > 0)
  await idle.executeUpdate<string, [unknown]>('pause', { args: [{}] })
  const held = await untilStatus(idle, ({ islands }) => islands.every(({ activity }) => !activity.includes('since')))
  const source = readFileSync(path.join(slow, 'initial_program.py'), 'utf8').replace(/= -?[\d.]+/, '= 0.123')
  await idle.executeUpdate<string, [unknown]>('inject', { args: [{ source }] })
  const ended = (await idle.result()) as RunStatus
  // Paused, and out of time: what a person gave is evaluated all the same.
  expect(ended).toMatchObject({ phase: 'completed', evaluated: held.evaluated + 1, iterations: held.iterations })
})

test('a run whose hours are over before its islands begin makes no generation', async () => {
  // They are over while the initial program is evaluated.
  const problem = slowProblem(path.join(engine.home, 'slower'), 3)
  const summary = await runToEnd(engine.client, 'hours-over', { ...offline, problem, budget: { hours: 2 / 3600 } })
  expect(summary).toMatchObject({ phase: 'completed', reason: expect.stringContaining('budget.hours'), iterations: 0 })
  expect(summary.islands.map(({ generation }) => generation)).toEqual(summary.islands.map(() => 0))
})

test('dollars are never exceeded, and all that was paid for is kept', async () => {
  const mutation = { maxTokens: 200, models: [{ name: 'stub-model', promptPrice: 2, completionPrice: 10 }] }
  const summary = await runToEnd(engine.client, 'dollars', { ...offline, mutation, budget: { dollars: 0.1 } })
  expect(summary).toMatchObject({ phase: 'completed', reason: expect.stringMatching(/^budget\.dollars: .* spent/) })
  expect(summary.ledger?.cost).toBeLessThanOrEqual(0.1)
  expect(summary.ledger?.cost).toBeGreaterThan(0)
  expect(summary.modelCalls).toBe(stub.requests.length)
  // One draw at a time fits: as many were made as were counted.
  const { duplicates = 0, unusable = 0 } = summary.ledger ?? {}
  expect(summary.iterations).toBe(summary.evaluated - 1 + duplicates + unusable)
})

test('dollars over a model without prices are refused before anything is paid', async () => {
  const mutation = { models: [{ name: 'stub-model' }] }
  const run = runToEnd(engine.client, 'unpriced', { ...offline, mutation, budget: { dollars: 1 } })
  await expect(run).rejects.toMatchObject({
    cause: { message: expect.stringContaining('budget.dollars: mutation.models.0') },
  })
})

test('the command line changes the budget of an open run, and refuses nonsense', async () => {
  const handle = await begin(engine.client, 'changed', { ...offline, iterations: 10_000 })
  await untilStatus(handle, ({ evaluated }) => evaluated > 0)
  const bad = await cli(engine, ['budget', 'changed', '--hours', '-3'])
  expect(bad.stderr).toContain('expected a number above 0, or none')
  const none = await cli(engine, ['budget', 'changed'])
  expect(none.stderr).toContain('expected one or more of dollars, hours, target, patience')
  const half = await cli(engine, ['budget', 'changed', '--patience', '2.5'])
  expect(half.stderr).toContain('setBudget refused: patience')
  const changed = await cli(engine, ['budget', 'changed', '--patience', '5000', '--hours', '5'])
  expect(changed.stdout).toBe('changed: budget: hours 5, patience 5000')
  const lifted = await cli(engine, ['budget', 'changed', '--hours', 'none'])
  expect(lifted.stdout).toBe('changed: budget: patience 5000')
  await cli(engine, ['budget', 'changed', '--target', '0.0001'])
  expect((await handle.result()) as RunStatus).toMatchObject({ reason: expect.stringContaining('budget.target') })
})

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { giveBundles, takeBundles } from '../support/bundles.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { evaluatedBy } from '../support/histories.ts'
import { otherCheckout } from '../support/other-checkout.ts'
import { copyProblem, timedEvaluator } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { cli, startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let log: string
let problem: string
const workers = new Set<WorkerProcess>()

beforeAll(async () => {
  engine = await startEngine()
  takeBundles(engine.home)
  log = path.join(engine.home, 'log')
  problem = copyProblem(path.join(engine.home, 'timed'), { 'evaluator.py': timedEvaluator(log, 0.1) })
})
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.kill('SIGTERM')))
  workers.clear()
  giveBundles(engine.home)
})
afterAll(() => engine.close())

const start = async (...args: Parameters<typeof startWorker> extends [Engine, ...infer Rest] ? Rest : never) => {
  const worker = await startWorker(engine, ...args)
  workers.add(worker)
  return worker
}

const killed = async (worker: WorkerProcess): Promise<void> => {
  workers.delete(worker)
  await worker.kill('SIGKILL')
}

const input = (changed: Partial<RunInput> = {}): RunInput => ({
  problem,
  iterations: 8,
  islands: 4, // as many evaluations at once as two workers take
  seed: 11,
  ...changed,
})

let peaceful: Promise<RunStatus> | null = null
/** The run that the others are compared with, made once by whichever workers are there. */
const undisturbed = (): Promise<RunStatus> => {
  peaceful ??= runToEnd(engine.client, 'undisturbed', input())
  return peaceful
}

const overlaps = (): number => {
  const times = readFileSync(log, 'utf8').trim().split('\n')
  const evaluations = times
    .map((line) => line.split(' ').map(BigInt))
    .toSorted(([a = 0n], [b = 0n]) => (a < b ? -1 : 1))
  return evaluations.filter(([began = 0n], index) => began < (evaluations[index - 1]?.[1] ?? 0n)).length
}

test('two workers of each kind share a run, never the device, and each goes on without the other', async () => {
  const [orchestrator, , mlx] = await Promise.all([
    ...[start('orchestrator'), start('orchestrator')],
    ...[start('mlx'), start('mlx')],
  ])
  const { digest, phase, iterations } = await undisturbed()
  expect({ phase, iterations }).toEqual({ phase: 'completed', iterations: 8 })
  expect((await evaluatedBy(engine.client, 'undisturbed')).size).toBe(2)

  const left = await begin(engine.client, 'left', input())
  await untilStatus(left, ({ iterations }) => iterations >= 2)
  await Promise.all([orchestrator, mlx].map((worker) => worker && killed(worker)))
  expect(await left.result()).toMatchObject({ phase: 'completed', digest })
  expect(overlaps()).toBe(0)
}, 180_000)

test('wall clocks of workers that jump by hours change nothing', async () => {
  const file = path.join(engine.home, 'offset')
  const jump = (hours: number): void => writeFileSync(file, String(hours * 3_600_000))
  const clock = path.join(import.meta.dirname, '../support/jumping-clock.ts')
  const env = { TEST_CLOCK_OFFSET_FILE: file, NODE_OPTIONS: `--import ${clock}` }
  jump(0)
  const jumping = await Promise.all([start('orchestrator', env), start('mlx', env)])
  const { digest, ledger } = await undisturbed()
  const budget = { hours: 1 } // which end by the server's clock
  const handle = await begin(engine.client, 'jumping', input({ budget }))
  for (const [index, hours] of [6, -6, 6].entries()) {
    await untilStatus(handle, ({ iterations }) => iterations >= 2 * (index + 1))
    jump(hours)
  }
  const status = (await handle.result()) as RunStatus
  expect(status).toMatchObject({ phase: 'completed', reason: '', digest })
  expect(status.seconds).toBeLessThan(120)
  expect(status.ledger?.evaluated).toBe(ledger?.evaluated)
  // Their clocks really had jumped.
  await Promise.all(jumping.map((worker) => worker.kill('SIGTERM')))
  for (const { log: lines } of jumping)
    expect(JSON.parse(lines.at(-1) ?? '').time).toBeGreaterThan(Date.now() + 3_600_000)
}, 180_000)

test('of workers of other versions one refuses and says so, one takes part and the run says so', async () => {
  const folder = path.join(engine.home, 'newer')
  const protocol = { file: 'temporal/evaluation-protocol.ts', from: 'Protocol = 1', to: 'Protocol = 2' }
  const newer = otherCheckout(folder, protocol)
  const [, refusing] = await Promise.all([start('orchestrator', {}, newer), start('mlx')])
  const handle = await begin(engine.client, 'versions', input())
  const words = 'asked in version 2 of evaluations, this mlx worker has version 1: it is older than the orchestrator'
  const refused = async () => {
    const { raw } = await handle.describe()
    expect(raw.pendingActivities?.[0]?.lastFailure?.message).toContain(words)
  }
  await vi.waitFor(refused, { timeout: 60_000, interval: 200 })
  await killed(refusing)

  const own = await start('mlx', {}, newer)
  await untilStatus(handle, ({ evaluated }) => evaluated >= 2)
  const launcher = { file: 'activities/evaluation/launch.py', from: '"""Trusted', to: '"""The trusted' }
  const changed = otherCheckout(path.join(engine.home, 'changed'), launcher, folder)
  await Promise.all([killed(own), start('mlx', {}, changed)])
  const status = (await handle.result()) as RunStatus
  expect(status).toMatchObject({ phase: 'completed', iterations: 8 })
  expect(status.ledger?.measuredBy).toHaveLength(2)
  const { stdout } = await cli(engine, ['status', 'versions'])
  const kind = 'evaluator 0\\.1\\.0-[0-9a-f]{12}, [^;]+'
  expect(stdout).toMatch(new RegExp(`scored by 2 kinds of worker, and compared all the same: ${kind}; ${kind}`))
  const report = readFileSync(path.join(engine.runs, 'versions', 'report.md'), 'utf8')
  expect(report).toContain('Programs were scored by 2 kinds of worker')
}, 180_000)

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { copyProblem, loggingEvaluator } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorker, startWorkers, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
const replacements: WorkerProcess[] = []

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
})
afterAll(async () => {
  await workers.stop()
  await Promise.all(replacements.map((worker) => worker.kill('SIGTERM')))
  await engine.close()
})

test('a deterministic problem ends with the same population in five of five runs', async () => {
  const log = path.join(engine.home, 'evaluations.log')
  const problem = copyProblem(path.join(engine.home, 'logged'), { 'evaluator.py': loggingEvaluator(log) })
  const input: RunInput = { problem, iterations: 16, seed: 11, migration: { every: 1 } }

  const allAtOnce = await runToEnd(engine.client, 'all-at-once', input)
  const oneAtATime = await runToEnd(engine.client, 'one-at-a-time', { ...input, concurrentIslands: 1 })
  const twoAtATime = await runToEnd(engine.client, 'two-at-a-time', { ...input, concurrentIslands: 2 })
  const again = await runToEnd(engine.client, 'again', input)

  const undisturbed = readFileSync(log, 'utf8').trim().split('\n').length / 4
  const handle = await begin(engine.client, 'killed', input)
  await untilStatus(handle, ({ iterations }) => iterations >= 4)
  await Promise.all([workers.orchestrator.kill('SIGKILL'), workers.mlx.kill('SIGKILL')])
  replacements.push(await startWorker(engine, 'orchestrator'), await startWorker(engine, 'mlx'))
  const killed = (await handle.result()) as typeof again

  expect(allAtOnce).toMatchObject({ phase: 'completed', iterations: 16, mutator: 'offline' })
  expect(allAtOnce.best?.score).toBeGreaterThan(0.27) // better than the initial program
  const digests = [allAtOnce, oneAtATime, twoAtATime, again, killed].map(({ digest }) => digest)
  expect(new Set(digests)).toEqual(new Set([allAtOnce.digest]))

  // Nothing is evaluated twice but what was in flight on the one device.
  const evaluations = readFileSync(log, 'utf8').trim().split('\n').length - 4 * undisturbed
  expect(evaluations - undisturbed).toBeLessThanOrEqual(1)
  expect(evaluations).toBeGreaterThanOrEqual(undisturbed)

  const otherSeed = await runToEnd(engine.client, 'other-seed', { ...input, seed: 12 })
  expect(otherSeed.digest).not.toBe(allAtOnce.digest)
}, 300_000)

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineageQuery } from '../../temporal/messages.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
let slow: string

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
  slow = slowProblem(engine.home, 0.2)
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

const runIdOf = async (id: string): Promise<string> => (await engine.client.workflow.getHandle(id).describe()).runId

test('a stopped run goes on from its population, for exactly as many iterations as asked', async () => {
  const input: RunInput = { problem: slow, iterations: 400, concurrentIslands: 1 }
  const handle = await begin(engine.client, 'first', input)
  await untilStatus(handle, ({ islands }) => islands.length > 0)
  const source = readFileSync(path.join(slow, 'initial_program.py'), 'utf8')
  const inject = (x: string) =>
    handle.executeUpdate<string, [unknown]>('inject', { args: [{ source: source.replace(/^X = .*$/m, `X = ${x}`) }] })
  expect(await inject('3.0')).toBe('injected-1')
  await untilStatus(handle, ({ iterations }) => iterations >= 3)
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  const first = (await handle.result()) as RunStatus

  const resumeFrom = { workflowId: 'first', runId: await runIdOf('first') }
  const next = await begin(engine.client, 'second', { ...input, iterations: 5, resumeFrom })
  await untilStatus(next, ({ islands }) => islands.length > 0)
  const second = source.replace(/^X = .*$/m, 'X = 3.5')
  expect(await next.executeUpdate<string, [unknown]>('inject', { args: [{ source: second }] })).toBe('injected-2')
  const summary = (await next.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: first.iterations + 5 })
  expect(summary.iterationsWanted).toBe(first.iterations + 5)
  expect(summary.best?.score).toBeGreaterThanOrEqual(first.best?.score ?? 0)
  const ids = (await next.query(lineageQuery)).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const trace = readFileSync(path.join(engine.runs, 'second', 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(trace).toHaveLength(6) // five draws and an injection: the first run's are its own
})

test('another problem than the finished run had is refused, both named', async () => {
  await runToEnd(engine.client, 'closed', { problem: 'closed_form', iterations: 1, islands: 1 })
  const resumeFrom = { workflowId: 'closed', runId: await runIdOf('closed') }
  const handle = await begin(engine.client, 'other', { problem: slow, iterations: 1, resumeFrom })
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/resumeFrom: run closed evolved closed_form .* problem is slow/) },
  })
})

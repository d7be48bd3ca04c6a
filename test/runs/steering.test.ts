import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { controlSignal, lineageQuery, populationQuery } from '../../temporal/messages.ts'
import { generationId } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
/** Slow enough that a run can be told something while it is on its way. */
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

const start = (id: string, input: Partial<RunInput> = {}): Promise<WorkflowHandle> =>
  begin(engine.client, id, { problem: slow, iterations: 8, islands: 2, ...input })

const summaryOf = async (handle: WorkflowHandle): Promise<RunStatus> => (await handle.result()) as RunStatus

const tell = (handle: WorkflowHandle, name: string, request?: unknown): Promise<string> =>
  handle.executeUpdate<string, [unknown]>(name, { args: [request] })

describe('updates', () => {
  test('pause holds the run, resume lets it go on, extend adds iterations', async () => {
    const handle = await start('steered')
    await untilStatus(handle, ({ islands }) => islands.length > 0)
    expect(await tell(handle, 'pause', { reason: 'lunch' })).toBe('paused: lunch')
    const resting = ({ phase, islands }: RunStatus) =>
      phase === 'paused' && islands.every(({ activity }) => activity.startsWith('ready') || activity === 'done')
    const paused = await untilStatus(handle, resting)
    expect(paused.reason).toBe('lunch')
    expect(paused.iterations).toBeLessThan(8)
    expect(await tell(handle, 'extend', { iterations: 3 })).toBe('extended by 3')
    expect((await untilStatus(handle, resting)).iterations).toBe(paused.iterations)
    expect(await tell(handle, 'resume')).toBe('running')
    expect(await summaryOf(handle)).toMatchObject({ phase: 'completed', iterations: 11, iterationsWanted: 11 })
  })

  test('an injected program joins the population without using up an iteration', async () => {
    const handle = await start('injected')
    await untilStatus(handle, ({ islands }) => islands.length > 0)
    const source = readFileSync(path.join(slow, 'initial_program.py'), 'utf8').replace(/^X = .*$/m, 'X = 3.0')
    expect(await tell(handle, 'inject', { source })).toBe('injected-1')
    expect(await summaryOf(handle)).toMatchObject({ phase: 'completed', iterations: 8 })
    const lineage = await handle.query(lineageQuery)
    expect(lineage.find(({ id }) => id === 'injected-1')).toMatchObject({ parents: [] })
    const trace = readFileSync(path.join(engine.runs, 'injected', 'trace.jsonl'), 'utf8')
    expect(trace).toContain('"id":"injected-1"')
    const page = await handle.query(populationQuery, { limit: 1, sources: true })
    expect(page.programs).toHaveLength(1)
    expect(page.programs[0]?.source).toContain('EVOLVE-BLOCK-START')
    expect(page.next).toBe(1)
  })

  test('stop finishes what is in flight and keeps it', async () => {
    const handle = await start('stopped', { iterations: 400 })
    await untilStatus(handle, ({ iterations }) => iterations >= 2)
    await tell(handle, 'stop')
    const summary = await summaryOf(handle)
    expect(summary).toMatchObject({ phase: 'stopped', reason: 'stopped by a person' })
    const trace = readFileSync(path.join(engine.runs, 'stopped', 'trace.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(trace).toHaveLength(summary.iterations)
    await expect(tell(handle, 'pause')).rejects.toThrow()
  })

  test.each([
    ['extend', { iterations: 0 }, 'iterations: Too small'],
    ['extend', { iterations: 2, more: 1 }, 'more: unknown, expected one of iterations'],
    ['inject', { source: '' }, 'source: Too small'],
    ['pause', { reason: 7 }, 'reason: Invalid input'],
  ])('an invalid %s is refused and changes nothing', async (name, request, message) => {
    const id = `refused-${name}-${JSON.stringify(request).length}`
    const handle = await start(id, { iterations: 2, islands: 1 })
    await expect(tell(handle, name, request)).rejects.toMatchObject({
      cause: { message: expect.stringContaining(message) },
    })
    expect(await summaryOf(handle)).toMatchObject({ phase: 'completed', iterations: 2 })
  })
})

test('signals do the same; invalid ones are ignored, visibly', async () => {
  const handle = await start('signalled')
  await untilStatus(handle, ({ islands }) => islands.length > 0)
  await handle.signal(controlSignal('pause'))
  await untilStatus(handle, ({ phase }) => phase === 'paused')
  await handle.signal(controlSignal('extend'), { iterations: -1 })
  await handle.signal(controlSignal('extend'), { iterations: 2 })
  await handle.signal(controlSignal('resume'))
  const summary = await summaryOf(handle)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 10 })
  expect(summary.ignored).toEqual([expect.stringContaining('extend: iterations: Too small')])
})

test('cancel ends at once and still exports the best so far', async () => {
  const handle = await start('cancelled', { iterations: 400 })
  await untilStatus(handle, ({ iterations }) => iterations >= 2)
  await handle.cancel()
  await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError)
  expect((await handle.describe()).status.name).toBe('CANCELLED')
  expect(existsSync(path.join(engine.runs, 'cancelled', 'best_program.py'))).toBe(true)
  const report = readFileSync(path.join(engine.runs, 'cancelled', 'report.md'), 'utf8')
  expect(report).toContain('stopped (cancelled)')
})

test('a generation that somebody terminated pauses the run, and resume makes it anew', async () => {
  const handle = await start('bereft', { islands: 1 })
  const child = engine.client.workflow.getHandle(generationId('bereft', 0, 2))
  await untilStatus(handle, ({ islands }) => islands[0]?.activity.startsWith('generation 2') === true)
  await child.terminate('by hand')
  const paused = await untilStatus(handle, ({ phase }) => phase === 'paused')
  expect(paused.reason).toContain('bereft/island-0/gen-2 ended without a result')
  await tell(handle, 'resume')
  expect(await summaryOf(handle)).toMatchObject({ phase: 'completed', iterations: 8 })
})

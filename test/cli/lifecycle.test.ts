import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFolder } from '../../activities/run/run-folder.ts'
import type { TraceRecord } from '../../temporal/run-activities.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { cli, main } from '../support/cli.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
let slow: string

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
  slow = slowProblem(engine.home, 0.1)
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

const ok = async (...args: string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await cli(engine, args)
  expect(exitCode, stderr).toBe(0)
  return stdout
}

const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8')
const readTrace = (folder: string): TraceRecord[] =>
  read(folder, 'trace.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** A program of closed_form that no offline mutation finds by itself. */
const betterProgram = (): string => {
  const initial = read(path.join(repoRoot, 'problems/closed_form'), 'initial_program.py')
  const better = { U: 1.5, V: -2.25, X: 0.75, Y: 3, Z: -0.5 }
  return Object.entries(better).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name} = .*`, 'm'), `${name} = ${value}`),
    initial,
  )
}

test('a run is paused, extended, given a program, continued, watched and stopped', async () => {
  const handle = await begin(engine.client, 'steered', { problem: slow, iterations: 400, islands: 2 })
  await untilStatus(handle, ({ iterations }) => iterations >= 1)
  const watching = execa(process.execPath, [main, 'watch', 'steered'], {
    env: engine.env,
    stdin: 'ignore',
    reject: false,
  })

  expect(await ok('pause', 'steered', '--reason', 'lunch')).toBe('steered: paused: lunch')
  expect(await ok('status', 'steered')).toMatch(/paused {2}lunch/)
  expect(await ok('extend', 'steered', '--iterations', '3')).toBe('steered: extended by 3')
  expect((await untilStatus(handle, () => true)).iterationsWanted).toBe(403)

  const file = path.join(engine.home, 'better.py')
  writeFileSync(file, betterProgram())
  expect(await ok('inject', 'steered', file)).toBe('steered: injected-1')
  expect(await ok('continue', 'steered')).toBe('steered: running')
  const better = await untilStatus(handle, ({ best }) => (best?.score ?? 0) > 0.9)
  expect(better.best?.programId).toMatch(/injected-1|-x/)

  expect(await ok('stop', 'steered')).toMatch(/^steered: stopping/)
  const watched = await watching
  expect(watched.exitCode, watched.stderr).toBe(0)
  expect(watched.stdout).toMatch(/paused .*\(lunch\)/)
  expect(watched.stdout).toMatch(/Run steered stopped: stopped by a person/)
  const after = await cli(engine, ['pause', 'steered'])
  expect(after.stderr).toBe('mlx-evolve: no open run "steered" on this server')
  expect(after.exitCode).toBe(1)
})

const exported = ['best_program.py', 'best_program_info.json', 'trace.jsonl', 'report.md']

/** One record for each draw, in order, with what the draw made. */
const expectWholeTrace = (folder: string, status: RunStatus): void => {
  const trace = readTrace(folder)
  expect(trace).toHaveLength(status.iterations)
  expect(new Set(trace.map(({ id }) => id)).size).toBe(status.iterations)
  for (const { outcome, source } of trace) expect(outcome === 'scored' ? typeof source : 'string').toBe('string')
}

test('an open run is exported as it is', async () => {
  const handle = await begin(engine.client, 'open', { problem: slow, iterations: 400, islands: 2 })
  await untilStatus(handle, ({ iterations }) => iterations >= 4)
  await ok('pause', 'open')
  const quiet = ({ phase, islands }: RunStatus) =>
    phase === 'paused' && islands.every(({ activity }) => activity.startsWith('ready'))
  const status = await untilStatus(handle, quiet)
  const out = path.join(engine.home, 'exported')
  expect(await ok('export', 'open', '--out', out)).toContain(runFolder(out, 'open'))
  const folder = runFolder(out, 'open')
  for (const name of exported) expect(existsSync(path.join(folder, name)), name).toBe(true)
  expectWholeTrace(folder, status)
  expect(read(folder, 'report.md')).toContain('paused')
  await handle.terminate()
})

test('a closed run is exported from its history alone, and resumed from there', async () => {
  await ok('run', '--problem', 'closed_form', '--iterations', '10', '--id', 'first', '--seed', '2')
  const first: RunStatus = await engine.client.workflow.getHandle('first').result()
  const folder = runFolder(engine.runs, 'first')
  const before = exported.map((name) => read(folder, name))
  expectWholeTrace(folder, first)

  rmSync(engine.runs, { recursive: true })
  await ok('export', 'first')
  expect(exported.map((name) => read(folder, name))).toEqual(before)
  rmSync(engine.runs, { recursive: true })

  const summary = await ok('resume', 'first', '--iterations', '6', '--as', 'second')
  expect(summary).toContain('Run second completed')
  const second: RunStatus = await engine.client.workflow.getHandle('second').result()
  expect(second.iterations).toBe(16)
  expect(second.best?.score).toBeGreaterThanOrEqual(first.best?.score ?? Number.POSITIVE_INFINITY)
  for (const island of second.islands) {
    expect(island.generation).toBeGreaterThan(first.islands[island.island]?.generation ?? Number.POSITIVE_INFINITY)
  }
  const ids = readTrace(runFolder(engine.runs, 'second')).map(({ id }) => id)
  const earlier = new Set(before[2]?.match(/"id":"[^"]+"/g))
  expect(ids).toHaveLength(6)
  expect(ids.filter((id) => earlier.has(`"id":"${id}"`))).toEqual([])
})

test('Ctrl-C ends the watching, not the run', async () => {
  const handle = await begin(engine.client, 'left', { problem: slow, iterations: 400 })
  const watcher = execa(process.execPath, [main, 'watch', 'left'], { env: engine.env, stdin: 'ignore', reject: false })
  await new Promise<void>((resolve) => watcher.stdout.once('data', () => resolve()))
  watcher.kill('SIGINT')
  const { stdout, exitCode } = await watcher
  expect(stdout).toContain('run left goes on; follow it with `npx mlx-evolve watch left`')
  expect(exitCode).toBe(1)
  expect((await handle.describe()).status.name).toBe('RUNNING')
  await handle.terminate()
})

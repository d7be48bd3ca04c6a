import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFolder } from '../../activities/run/run-folder.ts'
import { cli, expectRefusal, onlyJson } from '../support/cli.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
let open: WorkflowHandle

const good = readFileSync(path.join(repoRoot, 'problems/closed_form/initial_program.py'), 'utf8')
const programs: [string, string, string | RegExp][] = [
  ['empty', ' \n', 'the program is empty'],
  ['without markers', 'U = 1\n', 'no EVOLVE-BLOCK markers: expected the lines "# EVOLVE-BLOCK-START"'],
  ['not Python', good.replace('X = -2.5', 'X = = 3'), /not Python: invalid syntax in line 6/],
]

/** Writes a program for the command line. */
const program = (source: string): string => {
  const file = path.join(engine.home, `program-${Math.random().toString(36).slice(2)}.py`)
  writeFileSync(file, source)
  return file
}

const problem = (name: string, replaced: Record<string, string>): string =>
  copyProblem(path.join(engine.home, name.replaceAll(' ', '-')), replaced)

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
  open = await begin(engine.client, 'open', { problem: 'closed_form', iterations: 1000 })
  await open.signal('pause')
  await untilStatus(open, ({ phase, islands }) => phase === 'paused' && islands.length > 0)
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

describe.concurrent.each(programs)('a program that is %s', (name, source, reason) => {
  test('evaluate', async () => {
    const file = program(source)
    const { stdout, ...result } = await cli(engine, ['evaluate', file, '--problem', 'closed_form', '--json'])
    expectRefusal({ ...result, stdout: '' }, 1, [file, reason])
    const verdict = onlyJson({ ...result, stdout })
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'load', reason: expect.stringMatching(reason) })
  })

  test('inject', async () => {
    const file = program(source)
    expectRefusal(await cli(engine, ['inject', 'open', file]), 1, [file, reason])
  })

  test('the initial program of a problem', async () => {
    const folder = problem(name, { 'initial_program.py': source })
    const id = `initial-${path.basename(folder)}`
    const result = await cli(engine, ['run', '--problem', folder, '--id', id, '--json'])
    expect(result.exitCode).toBe(1)
    expect(onlyJson(result)).toMatchObject({ id, phase: 'failed', best: null, reason: expect.stringMatching(reason) })
    expect(result.stderr).toMatch(`mlx-evolve: run ${id} failed: `)
    expect(result.stderr).toMatch('initial_program.py')
    expect(existsSync(runFolder(engine.runs, id))).toBe(false)
  })
})

const evaluators: [string, string, RegExp][] = [
  [
    'prints garbage and ends',
    'import os\ndef evaluate(p):\n    print("{]", flush=True)\n    os._exit(0)\n',
    /exited with code 0 before it reported a result/,
  ],
  ['returns garbage', 'def evaluate(p):\n    return "fast"\n', /evaluate returned str 'fast', expected a dict/],
  ['returns no number', 'def evaluate(p):\n    return {"combined_score": "high"}\n', /combined_score/],
  ['has no evaluate', 'def score(p):\n    return {}\n', /no function evaluate\(program_path\)/],
  ['raises', 'def evaluate(p):\n    raise RuntimeError("no luck")\n', /RuntimeError: no luck/],
]

describe.concurrent.each(evaluators)('an evaluator that %s', (name, evaluator, reason) => {
  test('evaluate', async () => {
    const folder = problem(name, { 'evaluator.py': evaluator })
    const file = program(good)
    const result = await cli(engine, ['evaluate', file, '--problem', folder, '--json'])
    expect(result.exitCode).toBe(1)
    expect(onlyJson(result)).toMatchObject({ verdict: 'failed', reason: expect.stringMatching(reason) })
    expect(result.stderr).toMatch(`mlx-evolve: ${file}: failed at stage `)
  })
})

test('an evaluator that returns garbage ends a run before its first generation', async () => {
  const folder = problem('garbage', { 'evaluator.py': 'def evaluate(p):\n    return 7\n' })
  const result = await cli(engine, ['run', '--problem', folder, '--id', 'garbage'])
  expect(result.exitCode).toBe(1)
  expect(result.stderr).toMatch(/run garbage failed: the initial program of garbage was failed at stage evaluate/)
})

test('what an evaluator prints beside its result does no harm', async () => {
  const noisy = 'def evaluate(p):\n    print("{]" * 1000)\n    return {"combined_score": 1.5}\n'
  const folder = problem('noisy', { 'evaluator.py': noisy })
  const result = await cli(engine, ['evaluate', program(good), '--problem', folder, '--json'])
  expect(onlyJson(result)).toMatchObject({ verdict: 'scored', metrics: { combined_score: 1.5 } })
})

test('a problem that does not exist', async () => {
  const expected = ['no folder "nonesuch"', 'known problems: closed_form, mlx_training']
  expectRefusal(await cli(engine, ['evaluate', program(good), '--problem', 'nonesuch']), 1, expected)
  const run = await cli(engine, ['run', '--problem', 'nonesuch', '--id', 'nonesuch'])
  expect(run.exitCode).toBe(1)
  for (const text of ['run nonesuch failed', ...expected]) expect(run.stderr).toMatch(text)
})

test('bad settings of a problem are named with their file', async () => {
  const folder = problem('unknown settings', { 'config.yaml': 'determinstic: true\nrun: {iterations: 0}\n' })
  const run = await cli(engine, ['run', '--problem', folder, '--id', 'settings'])
  expect(run.exitCode).toBe(1)
  expect(run.stderr).toMatch(/unknown-settings\/config\.yaml: determinstic: unknown, expected one of description/)
  const zero = problem('zero', { 'config.yaml': 'run: {iterations: 0}\n' })
  const again = await cli(engine, ['run', '--problem', zero, '--id', 'zero'])
  expect(again.stderr).toMatch(/zero\/config\.yaml: iterations: .*found 0/)
})

test('no Python', async () => {
  const nowhere = { MLX_EVOLVE_PYTHON_BIN: path.join(engine.home, 'no', 'python') }
  const result = await cli(engine, ['evaluate', program(good), '--problem', 'closed_form'], nowhere)
  expectRefusal(result, 1, [`no Python at ${nowhere.MLX_EVOLVE_PYTHON_BIN}`, 'expected an interpreter, version 3.11'])
})

describe.concurrent('a run that is not there', () => {
  const commands = [
    ['status', 'nobody'],
    ['watch', 'nobody'],
    ['pause', 'nobody'],
    ['extend', 'nobody', '--iterations', '3'],
    ['export', 'nobody'],
    ['resume', 'nobody', '--iterations', '3'],
    ['fork', 'nobody', '--generation', '3'],
  ]
  test.each(commands)('%s', async (...args) => {
    expectRefusal(await cli(engine, args), 1, [/no (open )?run "nobody" on this server/])
  })
})

test('a run id that is taken by an open run', async () => {
  const result = await cli(engine, ['run', '--problem', 'closed_form', '--id', 'open'])
  expectRefusal(result, 1, ['run "open" is already going on', 'npx mlx-evolve watch open'])
})

test('resume of an open run', async () => {
  expectRefusal(await cli(engine, ['resume', 'open', '--iterations', '3']), 1, ['run open has not ended', 'still open'])
})

test('the open run was left alone', async () => {
  const { ignored, phase, islands } = await untilStatus(open, () => true)
  expect({ ignored, phase, generations: islands.map(({ generation }) => generation) }).toMatchObject({
    ignored: [],
    phase: 'paused',
  })
  expect(existsSync(path.join(engine.runs, 'open', 'best_program.py'))).toBe(false)
})

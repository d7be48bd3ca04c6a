import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, onlyJson } from '../support/cli.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { startWorkers } from '../support/workers.ts'

const runKeys = [
  ...['id', 'problem', 'phase', 'reason', 'iterations', 'evaluated', 'unresolved', 'modelCalls', 'mutator'],
  ...['best', 'digest', 'seconds', 'confirmations'],
]
const evaluationKeys = [
  ...['verdict', 'stage', 'reason', 'speedup', 'calls', 'metrics', 'confirmed', 'environment', 'seconds', 'artifacts'],
]
const speedupKeys = ['median', 'low', 'high', 'pairs', 'launches']
const noSpeedup = { eager: null, compiled: null, incumbent: null }
const problems = path.join(repoRoot, 'problems')

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

test('run --json, and status --json of the same run', async () => {
  const run = await cli(engine, ['run', '--problem', 'closed_form', '--iterations', '4', '--id', 'json', '--json'])
  expect(run.exitCode, run.stderr).toBe(0)
  const json = onlyJson(run)
  expect(Object.keys(json)).toEqual(runKeys)
  expect(json).toMatchObject({ id: 'json', problem: 'closed_form', phase: 'completed', reason: '', iterations: 4 })
  expect(json).toMatchObject({ modelCalls: 0, mutator: 'offline', digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(json.best).toEqual({
    programId: expect.any(String),
    score: expect.any(Number),
    confirmed: false,
    speedup: noSpeedup,
    screened: noSpeedup,
  })
  expect(run.stderr).toContain('Run json completed')
  expect(run.stderr).toContain('offline (built in, no language model)')

  const status = await cli(engine, ['status', 'json', '--json'])
  expect(status.exitCode).toBe(0)
  expect(onlyJson(status)).toEqual(json)
})

test('a run that goes on, and one that failed, have the same keys', async () => {
  const { client } = engine
  const handle = await client.workflow.start('evolution', {
    ...{ workflowId: 'open', taskQueue: 'evolution', args: [{ problem: 'closed_form', iterations: 500 }] },
  })
  const open = onlyJson(await cli(engine, ['status', 'open', '--json']))
  expect(Object.keys(open)).toEqual(runKeys)
  expect(open).toMatchObject({ id: 'open', phase: 'running' })
  await handle.terminate('enough')
  const failed = await cli(engine, ['status', 'open', '--json'])
  expect(Object.keys(onlyJson(failed))).toEqual(runKeys)
  expect(onlyJson(failed)).toMatchObject({
    problem: 'closed_form',
    phase: 'failed',
    reason: expect.stringMatching(/enough|terminated/i),
  })
})

test('control commands answer with one object', async () => {
  await engine.client.workflow.start('evolution', {
    ...{ workflowId: 'told', taskQueue: 'evolution', args: [{ problem: 'closed_form', iterations: 500 }] },
  })
  const answers = [
    [['pause', 'told', '--reason', 'lunch'], { message: 'pause', answer: 'paused: lunch' }],
    [['extend', 'told', '--iterations', '2'], { message: 'extend', answer: 'extended by 2' }],
    [['stop', 'told'], { message: 'stop' }],
  ] as const
  for (const [args, answer] of answers) {
    expect(onlyJson(await cli(engine, [...args, '--json']))).toMatchObject({ id: 'told', ...answer })
  }
  expect(onlyJson(await cli(engine, ['watch', 'told', '--json']))).toMatchObject({ id: 'told', phase: 'stopped' })
})

test('evaluate --json of a function of constants', async () => {
  const program = path.join(problems, 'closed_form/initial_program.py')
  const result = await cli(engine, ['evaluate', program, '--problem', 'closed_form', '--json'])
  expect(result.exitCode, result.stderr).toBe(0)
  const json = onlyJson(result)
  expect(Object.keys(json)).toEqual(evaluationKeys)
  expect(json).toMatchObject({ verdict: 'scored', stage: 'complete', calls: {}, metrics: { in_range: 1 } })
  expect(json.speedup).toEqual(noSpeedup)
})

test('evaluate --json of a training program, on real MLX', async () => {
  const folder = path.join(engine.home, 'short')
  cpSync(path.join(problems, 'mlx_training'), folder, { recursive: true })
  const config = readFileSync(path.join(folder, 'config.yaml'), 'utf8')
  writeFileSync(
    path.join(folder, 'config.yaml'),
    config.replace('preset: small', 'preset: small\n      timingSeconds: 0.2'),
  )
  const program = path.join(folder, 'initial_program.py')
  const result = await cli(engine, ['evaluate', program, '--problem', folder, '--json'])
  expect(result.exitCode, result.stderr).toBe(0)
  const json = onlyJson(result)
  expect(Object.keys(json)).toEqual(evaluationKeys)
  const { eager, compiled } = json.speedup as { eager: object; compiled: object }
  for (const speedup of [eager, compiled]) expect(Object.keys(speedup)).toEqual(speedupKeys)
  const { matmul } = json.calls as { matmul: { forward: number; backward: number } }
  expect(matmul.forward).toBeGreaterThan(0)
  expect(matmul.backward).toBeGreaterThan(0)
})

import { existsSync } from 'node:fs'
import path from 'node:path'
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFolder } from '../../activities/run/run-folder.ts'
import { temporalCliPath } from '../../scripts/setup/paths.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { cli } from '../support/cli.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
let slow: string

beforeAll(async () => {
  engine = await startEngine()
  workers = await startWorkers(engine)
  slow = slowProblem(engine.home, 0.15)
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

/** The Temporal CLI itself, knowing nothing of this project. */
const temporal = (...args: string[]) =>
  execa(temporalCliPath(), [...args, '--address', engine.address], { reject: false, stdin: 'ignore' })

const start = (id: string, input: object) =>
  temporal(
    ...['workflow', 'start', '--type', 'evolution', '--task-queue', 'evolution', '--workflow-id', id],
    ...['--input', JSON.stringify(input)],
  )

const signal = (id: string, name: string, input?: object) =>
  temporal(
    ...['workflow', 'signal', '--workflow-id', id, '--name', name],
    ...(input === undefined ? [] : ['--input', JSON.stringify(input)]),
  )

const query = async (id: string, type: string) => {
  const { stdout } = await temporal('workflow', 'query', '--workflow-id', id, '--type', type, '--output', 'json')
  return JSON.parse(stdout).queryResult[0]
}

const executeUpdate = (id: string, name: string, input: object) =>
  temporal(
    ...['workflow', 'update', 'execute', '--workflow-id', id, '--name', name, '--input', JSON.stringify(input)],
    ...['--output', 'json'],
  )

test('the bare command starts a run that does the whole job, readable without any codec', async () => {
  const started = await start('demo', { problem: 'closed_form', iterations: 12 })
  expect(started.exitCode, started.stderr).toBe(0)
  const result = await temporal('workflow', 'result', '--workflow-id', 'demo')
  expect(result.exitCode, result.stderr).toBe(0)

  expect(await query('demo', 'status')).toMatchObject({
    id: 'demo',
    problem: 'closed_form',
    phase: 'completed',
    iterations: 12,
    mutator: 'offline',
  })
  const plain = await temporal('workflow', 'query', '--workflow-id', 'demo', '--type', 'status')
  expect(plain.stdout).toContain('"phase":"completed"')

  const best = await query('demo', 'best')
  expect(best).toMatchObject({ mutator: 'offline', speedup: null })
  expect(best).not.toHaveProperty('source')
  expect(existsSync(path.join(runFolder(engine.runs, 'demo'), 'best_program.py'))).toBe(true)
})

test('the details page and the search attributes tell about the run', async () => {
  const { stdout } = await temporal('workflow', 'metadata', '--workflow-id', 'demo')
  expect(stdout).toContain('**closed_form** · completed')
  expect(stdout).toContain('iterations: 12 of 12')
  expect(stdout).toContain('offline (no model is asked)')
  const attributes = `EvolveProblem = 'closed_form' AND EvolvePhase = 'completed' AND EvolveIterations = 12`
  await expect
    .poll(async () => (await temporal('workflow', 'list', '--query', attributes)).stdout, { timeout: 20_000 })
    .toContain('demo')
})

test('signals steer a run; what they get wrong is ignored and shown', async () => {
  await start('steered', { problem: slow, iterations: 8 })
  const handle = engine.client.workflow.getHandle('steered')
  await untilStatus(handle, ({ evaluated }) => evaluated >= 1)

  await signal('steered', 'pause', { reason: 'lunch' })
  expect((await untilStatus(handle, ({ phase }) => phase === 'paused')).reason).toBe('lunch')

  await signal('steered', 'extend', { iterations: 4 })
  expect((await untilStatus(handle, ({ iterationsWanted }) => iterationsWanted > 8)).iterationsWanted).toBe(12)

  await signal('steered', 'extend', { iterations: -4 })
  await signal('steered', 'inject', { source: 'U = 1' })
  const { ignored } = await untilStatus(handle, (status) => status.ignored.length === 2)
  expect(ignored[0]).toMatch(/^extend: iterations: .*found -4/)
  expect(ignored[1]).toMatch(/^inject: source: no EVOLVE-BLOCK markers/)

  const valid = await executeUpdate('steered', 'extend', { iterations: 2 })
  expect(valid.stdout).toContain('extended by 2')
  const invalid = await executeUpdate('steered', 'extend', { iteration: 2 })
  expect(invalid.exitCode).not.toBe(0)
  expect(invalid.stderr + invalid.stdout).toContain('iteration: unknown, expected one of iterations')

  await signal('steered', 'resume')
  const status: RunStatus = await handle.result()
  expect(status).toMatchObject({ phase: 'completed', iterations: 14 })
})

test('cancelling ends a run soon, with the best so far exported', async () => {
  await start('cancelled', { problem: slow, iterations: 400 })
  const handle = engine.client.workflow.getHandle('cancelled')
  await untilStatus(handle, ({ iterations }) => iterations >= 2)

  const asked = Date.now()
  await temporal('workflow', 'cancel', '--workflow-id', 'cancelled')
  await expect(handle.result()).rejects.toThrow(/cancelled/i)
  expect(Date.now() - asked).toBeLessThan(10_000)
  expect(existsSync(path.join(runFolder(engine.runs, 'cancelled'), 'best_program.py'))).toBe(true)

  const { stdout, exitCode } = await cli(engine, ['status', 'cancelled', '--json'])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ phase: 'stopped', reason: 'cancelled' })
})

test('invalid input fails the run at once, every bad field named', async () => {
  await start('invalid', { problem: 'closed_form', iterations: -3, sede: 1 })
  const error = await engine.client.workflow
    .getHandle('invalid')
    .result()
    .catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(WorkflowFailedError)
  const { cause } = error as WorkflowFailedError
  expect(cause).toBeInstanceOf(ApplicationFailure)
  expect(cause).toMatchObject({ type: 'InvalidInput', nonRetryable: true })
  expect(cause?.message).toMatch(/iterations: .*>=1, found -3/)
  expect(cause?.message).toMatch(/sede: unknown, expected one of problem, iterations/)
})

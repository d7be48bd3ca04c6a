import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readStart } from '../../activities/run/executions.ts'
import { readPopulationAt } from '../../activities/run/population-at.ts'
import { reasonOf } from '../../scripts/cli/failure.ts'
import { lineageQuery } from '../../temporal/messages.ts'
import type { ForkFrom, RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { populationDigest } from '../../workflows/digest.ts'
import { cli, onlyJson } from '../support/cli.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { slowProblem } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

/** Two islands of four generations; migrants leave at 2. */
const input: RunInput = { problem: 'closed_form', iterations: 16, islands: 2, seed: 3, migration: { every: 2 } }

let engine: Engine
let workers: Awaited<ReturnType<typeof startWorkers>>
/** A run that continued as new. */
let whole: RunStatus
let firstRunId: string

beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 45 })
  workers = await startWorkers(engine)
  const handle = await begin(engine.client, 'whole', input)
  firstRunId = (await handle.describe()).runId
  whole = (await handle.result()) as RunStatus
})
afterAll(async () => {
  await workers.stop()
  await engine.close()
})

const populationAt = (generation: number, workflowId = 'whole') =>
  readPopulationAt(engine.client, { workflowId, generation })

const refusal = (message: RegExp) => ({ message: expect.stringMatching(message), nonRetryable: true })

describe('a fork of a closed run', () => {
  test('at its last generation has the population that the run ended with', async () => {
    expect((await engine.client.workflow.getHandle('whole').describe()).runId).not.toBe(firstRunId)
    expect(populationDigest(await populationAt(4))).toBe(whole.digest)
  })

  test('where migrants leave, with the same settings, ends as the run did', async () => {
    const forkFrom: ForkFrom = { workflowId: 'whole', generation: 2 }
    const iterations = 8
    const handle = await begin(engine.client, 'same', { ...input, iterations, forkFrom })
    const status = (await handle.result()) as RunStatus
    expect(status).toMatchObject({ phase: 'completed', iterations, iterationsWanted: iterations })
    expect(status.evaluated).toBeLessThanOrEqual(iterations)
    expect(status.digest).toBe(whole.digest)
    const ids = (await handle.query(lineageQuery)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('with other settings goes another way, and can itself be forked and resumed', async () => {
    const options = ['--generation', '1', '--iterations', '4', '--seed', '8', '--as', 'other', '--json']
    const forked = await cli(engine, ['fork', 'whole', ...options])
    expect(forked.exitCode, forked.stderr).toBe(0)
    expect(onlyJson(forked)).toMatchObject({ id: 'other', phase: 'completed', iterations: 4 })
    expect(onlyJson(forked).digest).not.toBe(populationDigest(await populationAt(2)))
    expect(populationDigest(await populationAt(1, 'other'))).toBe(populationDigest(await populationAt(1)))
    expect(populationDigest(await populationAt(2, 'other'))).toBe(onlyJson(forked).digest)
    await expect(populationAt(0, 'other')).rejects.toMatchObject(
      refusal(/generation 0 of run other: it began later.*oldest that can still be used is 1$/),
    )
    const resumed = await cli(engine, ['resume', 'other', '--iterations', '2', '--json'])
    expect(onlyJson(resumed)).toMatchObject({ id: 'other-r4', phase: 'completed', iterations: 6 })
  })
})

test('a fork of an open run begins with the population that a pause shows', async () => {
  const slow = slowProblem(engine.home, 0.1)
  const handle = await begin(engine.client, 'open', { problem: slow, iterations: 400, islands: 1 })
  await untilStatus(handle, ({ iterations }) => iterations >= 2)
  await handle.executeUpdate<string, [unknown]>('pause', { args: [{}] })
  const paused = await untilStatus(handle, ({ islands }) => islands[0]?.activity.startsWith('ready') === true)
  const generation = paused.islands[0]?.generation ?? 0
  expect(populationDigest(await populationAt(generation, 'open'))).toBe(paused.digest)
  const forkFrom = { workflowId: 'open', generation }
  const again: RunInput = { problem: slow, iterations: 2, selection: { archiveSize: 2 }, forkFrom }
  expect(await runToEnd(engine.client, 'of-open', again)).toMatchObject({ phase: 'completed', iterations: 2 })
  const next = generation + 1
  await expect(populationAt(next, 'open')).rejects.toMatchObject(
    refusal(
      new RegExp(`^generation ${next} of run open: not every island has finished it; the largest .* is ${generation}$`),
    ),
  )
  await handle.terminate()
})

test.each<[string, Partial<RunInput>, RegExp]>([
  [
    'another problem',
    { problem: 'mlx_training' },
    /forkFrom: run whole evolved closed_form .* problem is mlx_training/,
  ],
  ['another number of islands', { islands: 3 }, /islands: a fork keeps the 2 islands of run whole, found 3/],
  ['a run that is not there', { forkFrom: { workflowId: 'nobody', generation: 1 } }, /run nobody is not known/],
  ['two beginnings', { resumeFrom: { workflowId: 'whole', runId: 'x' } }, /forkFrom: resumeFrom is there too/],
  ['what is no run', { forkFrom: { workflowId: 'whole/island-0/gen-1', generation: 1 } }, /found generation$/],
])('%s is refused', async (name, asked, message) => {
  const forkFrom = { workflowId: 'whole', generation: 2 }
  const handle = await begin(engine.client, name.replaceAll(' ', '-'), { ...input, forkFrom, ...asked })
  const failure = await handle.result().catch((thrown: Error) => thrown)
  expect(reasonOf(failure)).toMatch(message)
})

/** What retention does to a closed execution, sooner. */
const expire = async (runId: string): Promise<void> => {
  const { client } = engine
  const workflowExecution = { workflowId: 'whole', runId }
  await client.workflowService.deleteWorkflowExecution({ namespace: client.options.namespace, workflowExecution })
  while ((await readStart(client, { workflowId: 'whole', runId })) !== null) await delay(50)
}

test('beyond retention, what was carried over still serves; what came before is refused, the oldest named', async () => {
  const before = await Promise.all([0, 1, 2, 3, 4].map(async (g) => populationDigest(await populationAt(g))))
  await expire(firstRunId)
  const error = (await populationAt(0).catch((thrown: Error) => thrown)) as Error
  expect(error).toMatchObject(
    refusal(/^generation 0 of run whole: its history has expired on the server; the oldest .* used is [1-4]$/),
  )
  const oldest = Number(error.message.at(-1))
  await expect(populationAt(oldest - 1)).rejects.toMatchObject(refusal(new RegExp(`used is ${oldest}$`)))
  for (let g = oldest; g <= 4; g += 1) expect(populationDigest(await populationAt(g))).toBe(before[g])
})

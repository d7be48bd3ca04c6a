import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addKey } from '../../temporal/codec/key-ring.ts'
import { connectClient } from '../../temporal/connection.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { historyTexts } from '../support/histories.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { cli, startWorkers } from '../support/workers.ts'

let engine: Engine
let ring: string
let workers: Awaited<ReturnType<typeof startWorkers>>
beforeAll(async () => {
  engine = await startEngine()
  ring = path.join(engine.home, 'ring.json')
  addKey(ring)
  process.env.MLX_EVOLVE_KEY_RING = ring
  workers = await startWorkers(engine, { MLX_EVOLVE_KEY_RING: ring })
})
afterAll(async () => {
  delete process.env.MLX_EVOLVE_KEY_RING
  await workers.stop()
  await engine.close()
})

/** Words of a problem that a company would not show to whoever runs its Temporal server. */
const words = { description: 'ultramarine objective', source: 'cobalt_constant', failure: 'azure mishap' }

const privateProblem = (): string =>
  copyProblem(path.join(engine.home, 'private'), {
    'config.yaml': `description: ${words.description}\nevaluator: function\ndeterministic: true\n`,
    'initial_program.py': `${words.source} = 7\n# EVOLVE-BLOCK-START\nX = 1.5\n# EVOLVE-BLOCK-END\n`,
    'evaluator.py': [
      'def evaluate(path):',
      '    source = open(path).read()',
      `    if "X = 1.5" not in source: raise ValueError("${words.failure}")`,
      '    return {"score": 1.0}',
    ].join('\n'),
  })

test('with a key ring the server sees nothing of programs, prompts, results or failures', async () => {
  const client = await connectClient()
  const problem = privateProblem()
  const handle = await begin(client, 'secret', { problem, iterations: 4, islands: 1 })
  const status = (await handle.result()) as RunStatus
  expect(status).toMatchObject({ phase: 'completed', iterations: 4 })
  expect(status.ledger?.failed).toBeGreaterThan(0)
  // What is read out of histories is decrypted, too.
  const resumeFrom = { workflowId: 'secret', runId: (await handle.describe()).runId }
  const next = await begin(client, 'resumed', { problem, iterations: 1, resumeFrom })
  expect(await next.result()).toMatchObject({ phase: 'completed', iterations: 5 })
  // A failure that the run itself ends with, its message included.
  const failing = await begin(client, 'failing', { problem: `${problem}-cerulean`, iterations: 1 })
  await expect(failing.result()).rejects.toMatchObject({
    cause: { cause: { message: expect.stringContaining('cerulean') } },
  })
  const texts = await historyTexts(client)
  const decoded = texts.map((text) => text.decoded).join('\n')
  const raw = texts.map((text) => text.raw).join('\n')
  for (const word of [...Object.values(words), 'best so far', 'initial program', 'cerulean']) {
    expect(decoded, word).toContain(word)
    expect(raw, word).not.toContain(word)
  }
  await client.connection.close()
})

test('a key that is rotated under a run is used from then on, and the run goes on', async () => {
  const client = await connectClient()
  const handle = await begin(client, 'rotated', { problem: 'closed_form', iterations: 12, islands: 1 })
  await untilStatus(handle, ({ iterations }) => iterations >= 2)
  // Heartbeats of what is pending are read, too.
  const shown = await cli(engine, ['status', 'rotated'], { MLX_EVOLVE_KEY_RING: ring })
  expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('iterations') })
  await workers.stop()
  const id = addKey(ring)
  workers = await startWorkers(engine, { MLX_EVOLVE_KEY_RING: ring })
  expect(await handle.result()).toMatchObject({ phase: 'completed', iterations: 12 })
  const history = await handle.fetchHistory()
  expect(JSON.stringify(history)).toContain(Buffer.from(id).toString('base64').replace(/=+$/, ''))
  await client.connection.close()
})

test('whoever has no key is told so, and reads nothing', async () => {
  const result = await cli(engine, ['status', 'secret'], { MLX_EVOLVE_KEY_RING: '' })
  expect(result.exitCode).toBe(1)
  expect(result.stderr).toMatch(/encrypted with key .*: set MLX_EVOLVE_KEY_RING/)
  expect(result.stdout + result.stderr).not.toContain(words.description)
})

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bestQuery, type ProgramView } from '../../temporal/messages.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import type { Fault } from '../model-stub/faults.ts'
import { type ModelStub, type StubRequest, startModelStub } from '../model-stub/server.ts'
import { heals, isThrown, troubles } from '../model-stub/troubles.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { historyTexts } from '../support/histories.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

/** What the processes of the workers are entrusted with. */
const secrets = {
  OPENAI_API_KEY: 'sk-canary-7f3a91c2',
  AWS_SECRET_ACCESS_KEY: 'aws-canary-5d20be17',
  MLX_HUB_TOKEN: 'mlx-canary-c44e0a93',
  LICENCE: 'plain-canary-90b1f6d8',
}

let engine: Engine
let stub: ModelStub
let workers: Awaited<ReturnType<typeof startWorkers>>

beforeAll(async () => {
  engine = await startEngine()
  stub = await startModelStub()
  workers = await startWorkers(engine, { ...secrets, OPENAI_BASE_URL: stub.url, MLX_EVOLVE_LOG_LEVEL: 'trace' })
})
afterAll(async () => {
  await workers.stop()
  await stub.close()
  await engine.close()
})

const input: RunInput = {
  problem: 'closed_form',
  iterations: 6,
  islands: 2,
  mutation: { models: [{ name: 'stub-model', promptPrice: 2, completionPrice: 10 }] },
}

test('a key on the orchestrator means the model mutates, and calls, tokens and dollars are counted', async () => {
  const before = stub.requests.length
  const summary = await runToEnd(engine.client, 'by-model', input)
  expect(summary).toMatchObject({ phase: 'completed', iterations: 6, mutator: 'model' })
  expect(summary.modelCalls).toBe(stub.requests.length - before)
  expect(summary.ledger?.promptTokens).toBeGreaterThan(0)
  expect(summary.ledger?.cost).toBeGreaterThan(0)
  const info = JSON.parse(readFileSync(path.join(engine.runs, 'by-model', 'best_program_info.json'), 'utf8'))
  expect(info).toMatchObject({ mutator: 'model', problem: 'closed_form' })
  expect(stub.requests.at(-1)?.authorized).toBe(true)
})

test('equal replies make equal populations', async () => {
  const first = await runToEnd(engine.client, 'model-first', input)
  const second = await runToEnd(engine.client, 'model-second', { ...input, concurrentIslands: 1 })
  expect(second.digest).toBe(first.digest)
})

test('a bad key pauses the run; resume loses nothing that was paid for', async () => {
  let answered = 0
  stub.setFault(() => (answered++ < 3 ? null : { kind: 'unauthorized' }))
  const handle = await begin(engine.client, 'blocked', input)
  const paused = await untilStatus(handle, ({ phase }) => phase === 'paused')
  expect(paused.reason).toMatch(/AuthenticationFailed: .*\[redacted\]/)
  stub.setFault(null)
  const asked = stub.requests.length
  await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: 6 })
  // Three replies came before the trouble; only what was refused is asked for again.
  expect(stub.requests.length - asked).toBe(summary.modelCalls - 3)
})

test('every trouble that needs a person pauses the run with its words, and resume asks again', async () => {
  const blocking = troubles.filter((trouble) => isThrown(trouble) && !heals(trouble))
  const [first] = blocking
  stub.setFault(first?.fault ?? null)
  const handle = await begin(engine.client, 'blocked-by-each', { ...input, iterations: 1, islands: 1 })
  for (const [at, { becomes, words }] of blocking.entries()) {
    const { reason } = await untilStatus(handle, ({ phase }) => phase === 'paused')
    expect(reason).toContain(`${becomes}: model stub-model: `)
    expect(reason).toContain(words)
    stub.setFault(blocking[at + 1]?.fault ?? null)
    await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
  }
  expect(await handle.result()).toMatchObject({ phase: 'completed', iterations: 1, modelCalls: 1 })
})

/** Which draw a request is for: attempts at it and its repair say the same. */
const drawOf = ({ messages }: StubRequest): string =>
  /\(this is draw ([^)]+)\)/.exec(messages[1]?.content ?? '')?.[1] ?? ''

test('a run gets through all other trouble by itself, whatever each draw meets', async () => {
  const thrown = troubles.filter(heals)
  const answered = troubles.filter((trouble) => !isThrown(trouble))
  const met = new Map<string, (Fault | undefined)[]>()
  stub.setFault((request) => {
    const draw = drawOf(request)
    const ahead = met.get(draw) ?? [thrown[met.size]?.fault, answered[met.size]?.fault]
    met.set(draw, ahead)
    return ahead.shift() ?? null
  })
  const draws = Math.max(thrown.length, answered.length)
  const wanted: RunInput = {
    ...{ ...input, iterations: draws, islands: Math.ceil(draws / 2) },
    mutation: { ...input.mutation, timeoutSeconds: 1 },
  }
  const summary = await runToEnd(engine.client, 'through-everything', wanted)
  stub.setFault(null)
  expect(summary).toMatchObject({ phase: 'completed', iterations: draws, ledger: { unusable: 0 } })
  expect([...met.values()]).toEqual(Array.from({ length: draws }, () => []))
  // What is thrown brought no answer; what was unusable was paid for, and so was its repair.
  expect(summary.modelCalls).toBe(draws + troubles.filter(({ becomes }) => becomes === 'unusable').length)
})

test('a run that is stopped while it is blocked ends with what it has', async () => {
  stub.setFault({ kind: 'unauthorized' })
  const handle = await begin(engine.client, 'blocked-then-stopped', input)
  await untilStatus(handle, ({ phase }) => phase === 'paused')
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  expect((await handle.result()) as RunStatus).toMatchObject({ phase: 'stopped', modelCalls: 0 })
  stub.setFault(null)
})

test('a reply without a usable patch gets one repair attempt, then counts as unusable', async () => {
  stub.setFault({ kind: 'refusal' })
  const summary = await runToEnd(engine.client, 'unusable', { ...input, iterations: 2 })
  expect(summary).toMatchObject({ phase: 'completed', iterations: 2, evaluated: 1, modelCalls: 4 })
  expect(summary.ledger?.unusable).toBe(2)
  stub.setFault(null)
})

/** Shows, with its score, the names of its environment, and where in it a secret is. */
const revealing = [
  'import json, os',
  readFileSync(path.join(repoRoot, 'problems/closed_form/evaluator.py'), 'utf8').replace(
    'def evaluate(',
    'def _evaluate(',
  ),
  'def evaluate(program_path):',
  '    leaks = [name for name, value in os.environ.items() if "canary" in value]',
  '    return _evaluate(program_path) | {"environment": json.dumps([list(os.environ), leaks])}',
].join('\n')

test('no secret is in a history, a log, a prompt, a file of the project, or the environment of a candidate', async () => {
  const problem = copyProblem(path.join(engine.home, 'revealing'), { 'evaluator.py': revealing })
  await runToEnd(engine.client, 'revealing', { ...input, problem, iterations: 2 })
  const { artifacts } = (await engine.client.workflow.getHandle('revealing').query(bestQuery)) as ProgramView
  const [names, leaks] = JSON.parse(artifacts.environment ?? '[]')
  expect(names).toContain('PATH')
  expect(leaks).toEqual([])

  const histories = await historyTexts(engine.client)
  const files = readdirSync(engine.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  const places: Record<string, string[]> = {
    history: histories.flatMap(({ raw, decoded }) => [raw, decoded]),
    log: [...workers.orchestrator.log, ...workers.mlx.log],
    prompt: stub.requests.map(({ body }) => JSON.stringify(body)),
    file: files.map((file) => readFileSync(file, 'latin1')),
  }
  // Each of them was really looked into.
  for (const [place, texts] of Object.entries(places)) {
    const known = { log: 'AuthenticationFailed', prompt: 'stub-model' }[place] ?? 'i0-g1-d0'
    expect(texts.filter((text) => text.includes(known)).length, place).toBeGreaterThan(0)
    const found = texts.filter((text) => Object.values(secrets).some((secret) => text.includes(secret)))
    expect(found, place).toEqual([])
  }
  const replies = path.join(engine.home, 'replies.sqlite')
  expect(files).toEqual(expect.arrayContaining([replies, path.join(engine.runs, 'revealing', 'report.md')]))
})

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import type { Fault } from '../model-stub/faults.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { historyTexts } from '../support/histories.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

const canary = 'sk-canary-7f3a91c2'

let engine: Engine
let stub: ModelStub
let workers: Awaited<ReturnType<typeof startWorkers>>

beforeAll(async () => {
  engine = await startEngine()
  stub = await startModelStub()
  workers = await startWorkers(engine, { OPENAI_API_KEY: canary, OPENAI_BASE_URL: stub.url })
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

test.each(['authentication', 'quota'] as const)(
  'a %s error pauses the run with a readable reason; resume loses nothing that was paid for',
  async (kind) => {
    const fault: Fault = { kind: kind === 'authentication' ? 'unauthorized' : 'quota' }
    let answered = 0
    stub.setFault(() => (answered++ < 3 ? null : fault))
    const handle = await begin(engine.client, `blocked-by-${kind}`, input)
    const paused = await untilStatus(handle, ({ phase }) => phase === 'paused')
    expect(paused.reason).toMatch(kind === 'authentication' ? /AuthenticationFailed/ : /QuotaExhausted/)
    expect(paused.reason).not.toContain(canary)
    stub.setFault(null)
    const asked = stub.requests.length
    await handle.executeUpdate<string, [unknown]>('resume', { args: [{}] })
    const summary = (await handle.result()) as RunStatus
    expect(summary).toMatchObject({ phase: 'completed', iterations: 6 })
    // Three replies came before the trouble; only what was refused is asked for again.
    expect(stub.requests.length - asked).toBe(summary.modelCalls - 3)
  },
)

test('a run that is stopped while it is blocked ends with what it has', async () => {
  stub.setFault({ kind: 'unauthorized' })
  const handle = await begin(engine.client, 'blocked-then-stopped', input)
  await untilStatus(handle, ({ phase }) => phase === 'paused')
  await handle.executeUpdate<string, [unknown]>('stop', { args: [{}] })
  expect((await handle.result()) as RunStatus).toMatchObject({ phase: 'stopped', modelCalls: 0 })
  stub.setFault(null)
})

test('a rate limit is waited out', async () => {
  let refused = 0
  stub.setFault(() => (refused++ < 2 ? { kind: 'rateLimit', retryAfter: '1' } : null))
  const summary = await runToEnd(engine.client, 'rate-limited', { ...input, iterations: 2 })
  expect(summary).toMatchObject({ phase: 'completed', iterations: 2 })
  stub.setFault(null)
})

test('a reply without a usable patch gets one repair attempt, then counts as unusable', async () => {
  stub.setFault({ kind: 'refusal' })
  const summary = await runToEnd(engine.client, 'unusable', { ...input, iterations: 2 })
  expect(summary).toMatchObject({ phase: 'completed', iterations: 2, evaluated: 1, modelCalls: 4 })
  expect(summary.ledger?.unusable).toBe(2)
  stub.setFault(null)
})

test('the model key is in no history, no prompt and no exported file', async () => {
  const histories = await historyTexts(engine.client)
  expect(histories.length).toBeGreaterThan(10)
  expect(histories.some(({ decoded }) => decoded.includes('EVOLVE-BLOCK-START'))).toBe(true)
  expect(histories.filter(({ raw, decoded }) => raw.includes(canary) || decoded.includes(canary))).toEqual([])
  expect(JSON.stringify(stub.requests.map(({ messages }) => messages))).not.toContain(canary)
  const report = readFileSync(path.join(engine.runs, 'by-model', 'report.md'), 'utf8')
  expect(report).not.toContain(canary)
})

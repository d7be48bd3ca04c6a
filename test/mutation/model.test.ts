import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { measureFeatures } from '../../activities/mutation/features.ts'
import { createModelMutator, type ModelDeps } from '../../activities/mutation/model.ts'
import { openReplyLedger, type ReplyLedger } from '../../activities/mutation/reply-ledger.ts'
import { type MutateInput, type MutationResult, mutationResult } from '../../temporal/mutation.ts'
import { startModelStub } from '../model-stub/server.ts'
import { heals, isThrown, troubles } from '../model-stub/troubles.ts'
import { makeInput, makeProgram, parentSource, withBlock } from './fixtures.ts'

const apiKey = 'secret-key-123456'
const stub = await startModelStub()
const folder = mkdtempSync(path.join(os.tmpdir(), 'replies-'))
const replies = openReplyLedger(path.join(folder, 'replies.sqlite'))
const mutator = createModelMutator({ apiKey, baseURL: stub.url, replies })

const quiet = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') })

const run = (input: MutateInput, environment = quiet()): Promise<MutationResult> =>
  environment.run(mutator.mutateWithModel, input)

/** The failure that a call ends with; the test fails where it does not. */
async function failureOf(call: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof ApplicationFailure) return error
  throw error
}

beforeEach(() => {
  stub.setFault(null)
  stub.requests.length = 0
})

afterAll(async () => {
  await stub.close()
  replies.close()
  rmSync(folder, { recursive: true })
})

describe('a good reply', () => {
  it('becomes a proposal', async () => {
    const result = await run(makeInput())
    expect(mutationResult.parse(result)).toEqual(result)
    if (result.outcome === 'unusable') throw new Error(result.reason)
    const { source } = result.proposal
    expect(source).not.toBe(parentSource)
    expect(source).toMatch(/\n# EVOLVE-BLOCK-END\n\nTILE_LIMIT = 512\n$/)
    expect(result.proposal).toEqual({
      id: 'i0-g1-d0',
      source,
      hash: createHash('sha256').update(source).digest('hex'),
      parents: ['i0-g0-d1'],
      change: expect.stringMatching(/^Change (TILE|SCALE) from [\d.]+ to [\d.]+\.$/),
      mutator: 'gpt-5-mini',
      features: measureFeatures(source, parentSource),
    })
  })

  it('is one request, with the key, the limits and an idempotency key of its own', async () => {
    const input = makeInput({}, { models: [{ name: 'local' }], maxTokens: 77, temperature: 0.5 })
    stub.setFault({ kind: 'serverError' })
    await failureOf(run(input))
    stub.setFault(null)
    await run(input)
    await run(makeInput({ run: input.run, draw: '1/0/1/1' }, { models: [{ name: 'gpt-5-mini' }], maxTokens: 77 }))
    await run({ ...input, run: 'another' })
    const [first, again, other, another] = stub.requests
    expect(first).toMatchObject({ authorized: true, model: 'local', body: { max_tokens: 77, temperature: 0.5 } })
    expect(other?.body).toMatchObject({ max_completion_tokens: 77 })
    expect(Object.keys(other?.body ?? {}).sort()).toEqual(['max_completion_tokens', 'messages', 'model'])
    expect(first?.idempotencyKey).toMatch(/^[0-9a-f]{64}$/)
    expect(again?.idempotencyKey).toBe(first?.idempotencyKey)
    expect(other?.idempotencyKey).not.toBe(first?.idempotencyKey)
    expect(another?.idempotencyKey).not.toBe(first?.idempotencyKey)
    expect(stub.requests).toHaveLength(4)
    expect(JSON.stringify(stub.requests)).not.toContain(apiKey)
  })

  it('gives the same proposal for the same input, another one for another draw', async () => {
    const draws = ['1/0/1/0', '1/0/1/0', ...Array.from({ length: 8 }, (_, n) => `1/0/1/${n + 1}`)]
    const results = await Promise.all(draws.map((draw) => run(makeInput({ draw }))))
    expect(results[0]).toEqual(results[1])
    expect(
      new Set(results.map((result) => result.outcome === 'proposed' && result.proposal.hash)).size,
    ).toBeGreaterThan(2)
  })

  it('may be a rewrite', async () => {
    const result = await run(makeInput({}, { reply: 'rewrite' }))
    expect(result).toMatchObject({ outcome: 'proposed', proposal: { change: expect.stringContaining('Change') } })
  })

  it('is charged at the prices of its model', async () => {
    const result = await run(makeInput({}, { models: [{ name: 'm', promptPrice: 2, completionPrice: 8 }] }))
    const { promptTokens = 0, completionTokens = 0, cost } = result.usage ?? {}
    expect(promptTokens).toBeGreaterThan(300)
    expect(completionTokens).toBeGreaterThan(10)
    expect(cost).toBeCloseTo((promptTokens * 2 + completionTokens * 8) / 1e6, 12)
  })

  it('is counted by characters where the server does not count', async () => {
    const counted = await run(makeInput())
    stub.setFault({ kind: 'noUsage' })
    const estimated = await run(makeInput())
    const characters = stub.requests[0]?.messages.reduce((sum, { content }) => sum + content.length, 0) ?? 0
    expect(counted.usage?.promptTokens).toBe(Math.ceil(characters / 3))
    expect(estimated.usage?.promptTokens).toBe(Math.ceil(characters / 4))
    expect(estimated.usage?.completionTokens).toBeLessThan(counted.usage?.completionTokens ?? 0)
    expect(estimated.usage?.completionTokens).toBeGreaterThan(10)
  })
})

describe('a reply that was paid for', () => {
  it('is not asked for again', async () => {
    const input = makeInput()
    const first = await run(input)
    expect(await run(input)).toEqual(first)
    expect(stub.requests).toHaveLength(1)
  })

  it('is kept where it holds no usable program, too', async () => {
    stub.setFault({ kind: 'refusal' })
    const input = makeInput()
    const first = await run(input)
    stub.setFault(null)
    expect(await run(input)).toEqual(first)
    expect(stub.requests).toHaveLength(1)
  })

  it('is waited for by an attempt that comes meanwhile', async () => {
    stub.setLatency(300)
    const input = makeInput()
    const results = await Promise.all([run(input), run(input), run(input)])
    stub.setLatency(0)
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
    expect(stub.requests).toHaveLength(1)
  })

  it('is heard by an attempt that the server has given up', async () => {
    stub.setLatency(300)
    const input = makeInput()
    const environment = quiet()
    const call = run(input, environment)
    await vi.waitUntil(() => stub.requests.length === 1)
    environment.cancel('TIMED_OUT', new ActivityCancellationDetails({ timedOut: true }))
    const heard = await call
    stub.setLatency(0)
    expect(await run(input)).toEqual(heard)
    expect(stub.requests).toHaveLength(1)
  })

  it('is asked for again where it was none', async () => {
    const input = makeInput()
    stub.setFault({ kind: 'emptyChoices' })
    await failureOf(run(input))
    stub.setFault(null)
    expect((await run(input)).outcome).toBe('proposed')
  })

  it('is not asked for where it could not be kept', async () => {
    const closed = openReplyLedger(path.join(folder, 'full.sqlite'))
    const full = { ...closed, claim: () => sqliteError('database or disk is full') }
    const failure = await failureOf(runKeepingIn(full))
    expect(failure).toMatchObject({ type: 'LedgerUnavailable', nonRetryable: false })
    expect(failure.message).toContain('full.sqlite: database or disk is full')
    expect(stub.requests).toHaveLength(0)
    closed.close()
  })

  it('counts although the disk filled up before it came', async () => {
    const open = openReplyLedger(path.join(folder, 'filling.sqlite'))
    const filling = { ...open, keep: () => sqliteError('database or disk is full') }
    expect((await runKeepingIn(filling)).outcome).toBe('proposed')
    open.close()
  })
})

const runKeepingIn = (ledger: ReplyLedger): Promise<MutationResult> =>
  quiet().run(createModelMutator({ apiKey, baseURL: stub.url, replies: ledger }).mutateWithModel, makeInput())

const sqliteError = (message: string): never => {
  throw Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' })
}

describe('a reply without a usable program', () => {
  const long = makeProgram('p', withBlock('TILE = 32'))
  const tooLong = `<<<<<<< SEARCH\nTILE = 32\n=======\n${'x'.repeat(200)}\n>>>>>>> REPLACE`
  const answers = troubles.filter(({ becomes }) => becomes === 'unusable')
  it.each([
    ...answers.map(({ row, fault, words }) => [row, fault, words] as const),
    ['a program that is too long', { kind: 'content', text: tooLong }, 'at most 150'] as const,
  ])('%s', async (_, fault, words) => {
    stub.setFault(fault)
    const result = await run(makeInput({ parent: long }, { maxProgramLength: 150 }))
    expect(mutationResult.parse(result)).toEqual(result)
    expect(result.outcome === 'unusable' && result.reason).toContain(words)
    expect(result.usage?.promptTokens).toBeGreaterThan(0)
    expect(stub.requests).toHaveLength(1)
  })

  it('comes back bounded, and is repaired by the next call', async () => {
    const text = `I think ${'so '.repeat(20_000)}`
    stub.setFault((request) => (request.messages.length > 2 ? null : { kind: 'content', text }))
    const bad = await run(makeInput())
    if (bad.outcome === 'proposed') throw new Error('expected no proposal')
    expect(bad.reply).toHaveLength(16_000)
    const repaired = await run(makeInput({ repair: { reply: bad.reply, reason: bad.reason } }))
    expect(repaired.outcome).toBe('proposed')
    expect(stub.requests[1]?.model).toBe(stub.requests[0]?.model)
  })
})

describe('a provider in trouble', () => {
  it.each(troubles.filter(isThrown))('$row: $becomes', async (trouble) => {
    const { fault, becomes: type, words } = trouble
    stub.setFault(fault)
    const failure = await failureOf(
      run(makeInput({}, { timeoutSeconds: fault.kind === 'hang' || fault.kind === 'drip' ? 1 : 60 })),
    )
    expect(failure).toMatchObject({ type, nonRetryable: !heals(trouble) })
    expect(failure.message).toMatch(/^model \S+: /)
    expect(failure.message).toContain(words)
    expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}`).not.toContain(apiKey)
    expect(failure.nextRetryDelay).toBe('retryAfter' in fault ? 1000 : undefined)
    expect(stub.requests).toHaveLength(1)
    // Nothing is left open behind a call that was given up.
    await stub.requests[0]?.closed
  })

  it('may give the time at which to ask again', async () => {
    stub.setFault({ kind: 'rateLimit', retryAfter: new Date(Date.now() + 60_000).toUTCString() })
    const { nextRetryDelay } = await failureOf(run(makeInput()))
    expect(nextRetryDelay).toBeGreaterThan(55_000)
    expect(nextRetryDelay).toBeLessThanOrEqual(60_000)
  })

  it('that is not there at all', async () => {
    const gone = await startModelStub()
    await gone.close()
    const { mutateWithModel } = createModelMutator({ apiKey, baseURL: gone.url, replies })
    const failure = await failureOf(quiet().run(mutateWithModel, makeInput()))
    expect(failure).toMatchObject({ type: 'ProviderUnavailable', nonRetryable: false })
    expect(failure.message).toContain('ECONNREFUSED')
  })

  it('at a base URL without the route', async () => {
    const { mutateWithModel } = createModelMutator({ apiKey, baseURL: stub.url.replace('/v1', '/v9'), replies })
    const failure = await failureOf(quiet().run(mutateWithModel, makeInput()))
    expect(failure.type).toBe('BadRequest')
    expect(failure.message).toContain('OPENAI_BASE_URL')
  })
})

describe('while it waits', () => {
  it('a cancellation ends the call and the connection', async () => {
    stub.setFault({ kind: 'hang' })
    const environment = quiet()
    const call = run(makeInput(), environment)
    const outcome = expect(call).rejects.toBeInstanceOf(CancelledFailure)
    await vi.waitFor(() => expect(stub.requests).toHaveLength(1))
    environment.cancel()
    await outcome
    await stub.requests[0]?.closed
  })

  it('sends nothing when it is cancelled already', async () => {
    const environment = quiet()
    environment.cancel()
    await expect(run(makeInput(), environment)).rejects.toBeInstanceOf(CancelledFailure)
    expect(stub.requests).toHaveLength(0)
  })
})

describe('the key and the address', () => {
  const runWith = (deps: Omit<ModelDeps, 'replies'>): Promise<MutationResult> =>
    quiet().run(createModelMutator({ ...deps, replies }).mutateWithModel, makeInput())

  it.each([undefined, '', '  '])('asks for the key where OpenAI itself is called with %j', async (key) => {
    const failure = await failureOf(runWith({ apiKey: key }))
    expect(failure).toMatchObject({ type: 'AuthenticationFailed', nonRetryable: true })
    expect(failure.message).toContain("OPENAI_API_KEY: not set; set it in the orchestrator's environment")
  })

  it('needs no key for another server', async () => {
    expect((await runWith({ apiKey: undefined, baseURL: stub.url })).outcome).toBe('proposed')
  })

  it('refuses a key that no header can carry, without quoting it', async () => {
    const failure = await failureOf(runWith({ apiKey: 'pasted\nkey', baseURL: stub.url }))
    expect(failure.type).toBe('AuthenticationFailed')
    expect(failure.message).not.toContain('pasted')
    expect(stub.requests).toHaveLength(0)
  })

  it.each(['localhost:8000', 'ftp://host', 'nonsense'])('refuses the base URL %j', (baseURL) => {
    expect(() => createModelMutator({ apiKey, baseURL, replies })).toThrow(
      `OPENAI_BASE_URL: found "${baseURL}", expected a URL`,
    )
  })
})

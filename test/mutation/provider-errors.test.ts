import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { providerFailure, redact } from '../../activities/mutation/provider-errors.ts'
import { retryAfter } from '../../activities/mutation/retry-after.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const apiKey = 'secret-key-123456'
const classify = (error: unknown) => providerFailure(error, { model: 'm', apiKey, now })
/** Failures that heal by waiting; all others need a person. */
const passing = ['RateLimited', 'ProviderUnavailable']
const status = (code: number, error: object, headers: Record<string, string> = {}) =>
  APIError.generate(code, { error }, undefined, new Headers(headers))

describe('by status', () => {
  it.each([
    [401, { message: 'no' }, 'AuthenticationFailed'],
    [403, { message: 'no' }, 'AuthenticationFailed'],
    [402, { message: 'pay' }, 'QuotaExhausted'],
    [429, { message: 'You exceeded your current quota', code: 'insufficient_quota' }, 'QuotaExhausted'],
    [429, { message: 'x', type: 'insufficient_quota' }, 'QuotaExhausted'],
    [429, { message: 'x', code: 'billing_hard_limit_reached' }, 'QuotaExhausted'],
    [429, { message: 'Insufficient balance' }, 'QuotaExhausted'],
    [429, { message: 'Quota exceeded for requests per minute' }, 'RateLimited'],
    [429, { message: 'Rate limit reached' }, 'RateLimited'],
    [404, { message: 'The model `m` does not exist', code: 'model_not_found' }, 'ModelUnknown'],
    [404, { message: 'model "m" not found, try pulling it first' }, 'ModelUnknown'],
    [400, { message: 'Unknown model: m' }, 'ModelUnknown'],
    [400, { message: 'bad value', param: 'model' }, 'ModelUnknown'],
    [400, { message: "Unsupported parameter: 'max_tokens' is not supported with this model" }, 'BadRequest'],
    [400, { message: 'context length exceeded' }, 'BadRequest'],
    [404, { message: 'no route' }, 'BadRequest'],
    [422, { message: 'x' }, 'BadRequest'],
    [413, { message: 'x' }, 'BadRequest'],
    [408, { message: 'x' }, 'ProviderUnavailable'],
    [409, { message: 'x' }, 'ProviderUnavailable'],
    [500, { message: 'x' }, 'ProviderUnavailable'],
    [503, { message: 'x' }, 'ProviderUnavailable'],
    [529, { message: 'x' }, 'ProviderUnavailable'],
  ])('%i %j is %s', (code, error, type) => {
    const failure = classify(status(code, error))
    expect(failure?.type).toBe(type)
    expect(failure?.nonRetryable).toBe(!passing.includes(type))
    expect(failure?.message).toContain(`HTTP ${code}: ${error.message}`)
  })

  it('waits as long as the server asks, for a limit and for an outage', () => {
    expect(classify(status(429, { message: 'x' }, { 'retry-after': '7' }))?.nextRetryDelay).toBe(7000)
    expect(classify(status(503, { message: 'x' }, { 'retry-after': '7' }))?.nextRetryDelay).toBe(7000)
    expect(classify(status(429, { message: 'x' }))?.nextRetryDelay).toBeUndefined()
  })

  it('shows the text of an HTML page, bounded', () => {
    const page = APIError.generate(
      502,
      undefined,
      `<style>p{}</style><h1>Bad\n gateway</h1>${'x'.repeat(9999)}`,
      new Headers(),
    )
    expect(classify(page)?.message).toContain('HTTP 502: Bad gateway x')
    expect(classify(page)?.message.length).toBeLessThan(600)
  })
})

it.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.25' }, 250],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:30 GMT' }, null],
  [{ 'retry-after-ms': '150', 'retry-after': '1' }, 150],
  [{ 'retry-after': '999999999' }, 86_400_000],
  [{ 'retry-after': '0' }, null],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '-5' }, null],
  [{}, null],
])('reads %j as %s ms', (headers: Record<string, string>, wait) => {
  expect(retryAfter(new Headers(headers), now)).toBe(wait)
})

it.each([
  [
    'a reset',
    new APIConnectionError({ message: 'Connection error.', cause: new Error('read ECONNRESET') }),
    'ECONNRESET',
  ],
  ['a timeout', new APIConnectionTimeoutError(), 'timed out'],
  ['malformed JSON', new SyntaxError('Unexpected end of JSON input'), 'malformed JSON'],
  ['a cut body', new TypeError('terminated', { cause: new Error('other side closed') }), 'other side closed'],
])('%s is ProviderUnavailable', (_name, error, words) => {
  const failure = classify(error)
  expect(failure).toMatchObject({ type: 'ProviderUnavailable', nonRetryable: false })
  expect(failure?.message).toContain(words)
})

it('leaves what did not come from the call alone', () => {
  expect(classify(new RangeError('a defect'))).toBeNull()
})

it('keeps the key out of messages, and the error with its headers out of the failure', () => {
  const failure = classify(status(401, { message: `Incorrect key ${apiKey}, Bearer ${apiKey}; sk-proj-abc***xyz` }))
  expect(failure?.message).not.toContain(apiKey)
  expect(failure?.message).not.toContain('sk-proj')
  expect(failure?.cause).toBeUndefined()
  expect(redact('the word', '')).toBe('the word')
})

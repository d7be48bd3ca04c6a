import { ApplicationFailure } from '@temporalio/common'
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import type { BlockingFailureType, PassingFailureType } from '../../temporal/provider-failure.ts'
import { retryAfter } from './retry-after.ts'

/** What a failure's message may and may not say. */
export interface CallFacts {
  model: string
  /** Never appears in a message. */
  apiKey: string
  /** Milliseconds since the epoch, for `retry-after` given as a date. */
  now: number
}

/**
 * Turns what a model call threw into a typed failure, the one place where that is decided. `null` where the error
 * comes from elsewhere: it is a defect, and the caller throws it on.
 *
 * The error itself is not kept as the cause: its stack and headers may carry the key.
 */
export function providerFailure(error: unknown, facts: CallFacts): ApplicationFailure | null {
  if (error instanceof APIConnectionTimeoutError) return unavailable('the connection timed out', facts)
  if (error instanceof APIConnectionError) return unavailable(`no connection: ${reasonOf(error)}`, facts)
  if (error instanceof APIError && error.status !== undefined) return statusFailure(error, error.status, facts)
  if (error instanceof SyntaxError) return unavailable(`the reply is malformed JSON: ${error.message}`, facts)
  // How fetch reports a body that ends early.
  if (error instanceof TypeError) return unavailable(`the reply was cut off: ${reasonOf(error)}`, facts)
  return null
}

/** Retryable: the server is down, unreachable, or answers with something that is no chat completion. */
export function unavailable(reason: string, facts: CallFacts, delay: number | null = null): ApplicationFailure {
  return passing('ProviderUnavailable', reason, facts, delay)
}

/** Not retryable: the run waits for a person. */
export function blocking(type: BlockingFailureType, reason: string, facts: CallFacts): ApplicationFailure {
  return ApplicationFailure.create({ type, nonRetryable: true, message: message(reason, facts) })
}

function passing(type: PassingFailureType, reason: string, facts: CallFacts, delay: number | null): ApplicationFailure {
  const next = delay === null ? {} : { nextRetryDelay: delay }
  return ApplicationFailure.create({ type, nonRetryable: false, message: message(reason, facts), ...next })
}

function statusFailure(error: APIError, status: number, facts: CallFacts): ApplicationFailure {
  const said = `HTTP ${status}: ${plain(error.message.replace(new RegExp(`^${status} `), ''))}`
  const delay = retryAfter(error.headers, facts.now)
  if (status === 401 || status === 403) return blocking('AuthenticationFailed', `${said}; check OPENAI_API_KEY`, facts)
  if (status === 402 || (status === 429 && isQuota(error))) return blocking('QuotaExhausted', said, facts)
  if (status === 429) return passing('RateLimited', said, facts, delay)
  if (status >= 500 || status === 408 || status === 409 || status === 425) return unavailable(said, facts, delay)
  if ((status === 400 || status === 404) && isModelUnknown(error)) return blocking('ModelUnknown', said, facts)
  const hint = status === 404 ? '; check OPENAI_BASE_URL' : ''
  return blocking('BadRequest', `${said}${hint}`, facts)
}

/** Rate limits speak of quotas too, so codes decide, and only unmistakable words beside them. */
function isQuota(error: APIError): boolean {
  const codes = `${error.code ?? ''} ${error.type ?? ''}`
  return (
    /insufficient_(quota|balance|credit|funds)|billing|credits?_exhausted/i.test(codes) ||
    /insufficient (quota|balance|credits?|funds)|billing (hard )?limit|billing is not active/i.test(error.message)
  )
}

function isModelUnknown(error: APIError): boolean {
  const words =
    /model\b.*\b(does not exist|not found|not exist|unknown)|\b(unknown|invalid|no such|unsupported) model\b/i
  return /model_not_found|invalid_model/.test(error.code ?? '') || error.param === 'model' || words.test(error.message)
}

/** The innermost message of an error's chain of causes: `fetch failed` alone says nothing. */
function reasonOf(error: Error): string {
  let inner: Error = error
  while (inner.cause instanceof Error) inner = inner.cause
  return inner.message || ('code' in inner ? String(inner.code) : error.message)
}

/** A page's text without its markup. */
function plain(text: string): string {
  return text
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function message(reason: string, { model, apiKey }: CallFacts): string {
  const bounded = redact(reason, apiKey).slice(0, 500)
  return `model ${model}: ${bounded}`
}

/** Takes the key, and what looks like one, out of a text. */
export function redact(text: string, apiKey: string): string {
  const own = apiKey === '' ? text : text.replaceAll(apiKey, '[redacted]')
  return own.replace(/\bsk-[\w*.-]{4,}/g, '[redacted]').replace(/\bBearer\s+\S+/gi, 'Bearer [redacted]')
}

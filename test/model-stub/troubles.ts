import type { BlockingFailureType, PassingFailureType } from '../../temporal/provider-failure.ts'
import type { Fault } from './faults.ts'

/** A kind of trouble: what the stub does, what the activity makes of it. Has its row in docs/providers.md. */
export interface Trouble {
  /** First cell of that row. */
  row: string
  fault: Fault
  becomes: PassingFailureType | BlockingFailureType | 'unusable' | 'proposed'
  /** In the message, and in the row. */
  words: string
}

type Unnamed = Omit<Trouble, 'row'>

const passing = (fault: Fault, words: string): Unnamed => ({ fault, becomes: 'ProviderUnavailable', words })
const unusable = (fault: Fault, words: string): Unnamed => ({ fault, becomes: 'unusable', words })

/** Every kind of fault that the stub knows has at least one entry: the type says so. */
const byKind: Record<Fault['kind'], Record<string, Unnamed>> = {
  rateLimit: {
    '429': { fault: { kind: 'rateLimit' }, becomes: 'RateLimited', words: 'HTTP 429: Rate limit reached' },
    '429 with `retry-after`': {
      ...{
        fault: { kind: 'rateLimit', retryAfter: '1' },
        becomes: 'RateLimited',
        words: 'HTTP 429: Rate limit reached',
      },
    },
  },
  serverError: {
    '500, and any other 5xx': passing({ kind: 'serverError' }, 'HTTP 500: The server had an error'),
    '503 with `retry-after`': passing({ kind: 'serverError', status: 503, retryAfter: '1' }, 'HTTP 503'),
  },
  html: {
    '502 with an HTML page': passing({ kind: 'html', status: 502 }, 'HTTP 502: Bad gateway'),
    '200 with an HTML page': passing({ kind: 'html', status: 200 }, 'the reply is an HTML page'),
  },
  reset: { 'connection reset': passing({ kind: 'reset' }, 'no connection') },
  cutBody: { 'connection lost within the reply': passing({ kind: 'cutBody' }, 'the reply was cut off') },
  hang: { 'no answer': passing({ kind: 'hang' }, 'no complete reply within 1 s') },
  drip: { 'endless stream, slow': passing({ kind: 'drip' }, 'no complete reply within 1 s') },
  flood: { 'endless stream, fast': passing({ kind: 'flood' }, 'the reply is longer than') },
  invalidJson: { 'invalid JSON': passing({ kind: 'invalidJson' }, 'the reply is malformed JSON') },
  emptyChoices: { 'empty `choices`': passing({ kind: 'emptyChoices' }, 'at least one choice') },
  errorBody: { '200 with an error in it': passing({ kind: 'errorBody' }, 'the reply is an error: Overloaded') },
  unauthorized: {
    '401': { fault: { kind: 'unauthorized' }, becomes: 'AuthenticationFailed', words: 'check OPENAI_API_KEY' },
  },
  forbidden: { '403': { fault: { kind: 'forbidden' }, becomes: 'AuthenticationFailed', words: 'HTTP 403' } },
  quota: {
    '429 that speaks of a quota used up': {
      ...{ fault: { kind: 'quota' }, becomes: 'QuotaExhausted', words: 'You exceeded your current quota' },
    },
    '402': { fault: { kind: 'quota', status: 402 }, becomes: 'QuotaExhausted', words: 'HTTP 402' },
  },
  modelUnknown: {
    '404 that speaks of the model': {
      ...{ fault: { kind: 'modelUnknown' }, becomes: 'ModelUnknown', words: 'The model `m` does not exist' },
    },
    '400 that speaks of the model': {
      ...{ fault: { kind: 'modelUnknown', status: 400 }, becomes: 'ModelUnknown', words: 'HTTP 400' },
    },
  },
  badRequest: {
    'any other 4xx': { fault: { kind: 'badRequest' }, becomes: 'BadRequest', words: 'Unsupported parameter' },
  },
  length: { 'truncated by length': unusable({ kind: 'length' }, 'cut off at its token limit (mutation.maxTokens') },
  refusal: { 'a refusal': unusable({ kind: 'refusal' }, 'the model refused: I cannot help with that.') },
  contentFilter: {
    'withheld by a filter': unusable({ kind: 'contentFilter' }, "the server's content filter withheld"),
  },
  nullContent: { 'no text': unusable({ kind: 'nullContent' }, 'the reply is empty') },
  content: {
    'text without a usable patch': unusable({ kind: 'content', text: 'Faster!' }, 'no SEARCH/REPLACE block'),
    'nothing but reasoning': unusable({ kind: 'content', text: '<think>How' }, 'the reply holds nothing but reasoning'),
  },
  noUsage: { 'no token counts': { fault: { kind: 'noUsage' }, becomes: 'proposed', words: 'nothing' } },
}

export const troubles: Trouble[] = Object.values(byKind).flatMap((rows) =>
  Object.entries(rows).map(([row, trouble]) => ({ row, ...trouble })),
)

/** Failures that heal by waiting; all others need a person. */
export const heals = ({ becomes }: Trouble): boolean => becomes === 'RateLimited' || becomes === 'ProviderUnavailable'

export const isThrown = ({ becomes }: Trouble): boolean => becomes !== 'unusable' && becomes !== 'proposed'

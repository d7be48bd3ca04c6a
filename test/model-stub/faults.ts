import type { ServerResponse } from 'node:http'

/** What can go wrong at a model provider, one at a time. */
export type Fault =
  | { kind: 'rateLimit'; retryAfter?: string }
  | { kind: 'quota'; status?: 402 | 429 }
  | { kind: 'unauthorized' }
  | { kind: 'forbidden' }
  | { kind: 'modelUnknown'; status?: 400 | 404 }
  | { kind: 'badRequest' }
  | { kind: 'serverError'; status?: number; retryAfter?: string }
  | { kind: 'html'; status: number }
  | { kind: 'reset' }
  | { kind: 'cutBody' }
  /** Never answers. */
  | { kind: 'hang' }
  /** Sends one byte at a time and never ends. */
  | { kind: 'drip' }
  /** Sends as fast as it can and never ends. */
  | { kind: 'flood' }
  | { kind: 'invalidJson' }
  | { kind: 'emptyChoices' }
  /** Status 200 all the same, as some proxies answer. */
  | { kind: 'errorBody' }
  | { kind: 'length' }
  | { kind: 'refusal' }
  | { kind: 'contentFilter' }
  | { kind: 'nullContent' }
  | { kind: 'noUsage' }
  | { kind: 'content'; text: string }

/** How a fault changes the completion; `null` where it is answered below HTTP or with another status. */
export function faultyCompletion(fault: Fault, completion: Completion): object | null {
  const [choice] = completion.choices
  if (choice === undefined) return null
  const altered = (finish_reason: string, message: object) => ({
    ...completion,
    choices: [{ ...choice, finish_reason, message: { ...choice.message, ...message } }],
  })
  switch (fault.kind) {
    case 'emptyChoices':
      return { ...completion, choices: [] }
    case 'length':
      return altered('length', { content: choice.message.content.slice(0, 60) })
    case 'refusal':
      return altered('stop', { content: null, refusal: 'I cannot help with that.' })
    case 'contentFilter':
      return altered('content_filter', { content: null })
    case 'nullContent':
      return altered('stop', { content: null })
    case 'content':
      return altered('stop', { content: fault.text })
    case 'noUsage':
      return { ...completion, usage: undefined }
    default:
      return null
  }
}

export interface Completion {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  choices: Array<{
    index: number
    finish_reason: string
    message: { role: 'assistant'; content: string; refusal: null }
  }>
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

interface ErrorReply {
  status: number
  error: { message: string; code?: string }
  headers?: Record<string, string>
}

/** Faults that are an HTTP status with a JSON error; `null` for the others. */
function errorReply(fault: Fault, authorization: string): ErrorReply | null {
  const headers =
    'retryAfter' in fault && fault.retryAfter !== undefined ? { headers: { 'retry-after': fault.retryAfter } } : {}
  switch (fault.kind) {
    case 'rateLimit':
      return { status: 429, error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' }, ...headers }
    case 'quota':
      return {
        status: fault.status ?? 429,
        error: { message: 'You exceeded your current quota', code: 'insufficient_quota' },
      }
    // Providers do quote the key they refuse.
    case 'unauthorized':
      return { status: 401, error: { message: `Incorrect API key: ${authorization}`, code: 'invalid_api_key' } }
    case 'forbidden':
      return { status: 403, error: { message: 'Your project has no access' } }
    case 'modelUnknown':
      return { status: fault.status ?? 404, error: { message: 'The model `m` does not exist' } }
    case 'badRequest':
      return { status: 400, error: { message: "Unsupported parameter: 'top_k' is not supported with this model" } }
    case 'errorBody':
      return { status: 200, error: { message: 'Overloaded' } }
    case 'serverError':
      return { status: fault.status ?? 500, error: { message: 'The server had an error' }, ...headers }
    default:
      return null
  }
}

const page = '<!doctype html><html><head><style>p{}</style></head><body><p>Bad gateway</p></body></html>'

/** Answers with a fault that is no completion; `hang` sends nothing. */
export function sendFault(response: ServerResponse, fault: Fault, authorization: string): void {
  const refused = errorReply(fault, authorization)
  if (refused !== null) {
    sendJson(response, refused.status, { error: refused.error }, refused.headers)
  } else if (fault.kind === 'html') {
    response.writeHead(fault.status, { 'content-type': 'text/html' }).end(page)
  } else if (fault.kind === 'reset') {
    response.socket?.resetAndDestroy()
  } else if (fault.kind === 'cutBody') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"choices": [{"mess', () => response.socket?.destroy())
  } else if (fault.kind === 'invalidJson') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": [')
  } else if (fault.kind === 'drip') {
    stream(response, ' ', 20)
  } else if (fault.kind === 'flood') {
    stream(response, ' '.repeat(64 * 1024), 0)
  }
}

/** Sends the chunk again and again until the client has gone. */
function stream(response: ServerResponse, chunk: string, everyMs: number): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => {
    if (!response.writableNeedDrain) response.write(chunk)
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

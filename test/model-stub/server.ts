import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { answer } from './answer.ts'
import { type Completion, type Fault, faultyCompletion, sendFault, sendJson } from './faults.ts'

const requestBody = z.looseObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
})

/** One request as the stub saw it. Credentials are not kept, only whether there were any. */
export interface StubRequest {
  model: string
  messages: Array<{ role: string; content: string }>
  body: Record<string, unknown>
  idempotencyKey: string | null
  authorized: boolean
  /** Milliseconds since the epoch. */
  receivedAt: number
  /** When its answer had been handed to the connection; null where it has not, or was cut off. */
  answeredAt: number | null
  /** Resolves when the connection of this request is gone or its answer is sent. */
  closed: Promise<void>
}

/** Chooses what goes wrong with a request; `null` lets it through. */
export type FaultPlan = (request: StubRequest) => Fault | null

export interface StubOptions {
  port?: number
  /** Time before an answer or a fault, milliseconds. */
  latencyMs?: number
  fault?: Fault | FaultPlan | null
}

export interface ModelStub {
  /** Base URL for an OpenAI client. */
  url: string
  requests: StubRequest[]
  setFault(fault: Fault | FaultPlan | null): void
  setLatency(milliseconds: number): void
  close(): Promise<void>
}

/** Starts an OpenAI-compatible server on localhost whose answers depend on the content of the request only. */
export async function startModelStub(options: StubOptions = {}): Promise<ModelStub> {
  let fault = options.fault ?? null
  let latencyMs = options.latencyMs ?? 0
  const requests: StubRequest[] = []

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      sendJson(response, 404, { error: { message: `no route ${request.method} ${request.url}` } })
      return
    }
    const parsed = requestBody.safeParse(parseJson(await text(request)))
    if (!parsed.success) {
      sendJson(response, 400, { error: { message: z.prettifyError(parsed.error) } })
      return
    }
    const seen = record(request, response, parsed.data)
    requests.push(seen)
    const chosen = typeof fault === 'function' ? fault(seen) : fault
    if (latencyMs > 0) await delay(latencyMs)
    const completion = complete(seen)
    const body = chosen === null ? completion : faultyCompletion(chosen, completion)
    if (body !== null) sendJson(response, 200, body)
    else if (chosen !== null) sendFault(response, chosen, request.headers.authorization ?? '')
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error))
  })
  server.on('connection', (socket) => socket.setNoDelay(true))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    setFault: (next) => {
      fault = next
    },
    setLatency: (milliseconds) => {
      latencyMs = milliseconds
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function record(request: IncomingMessage, response: ServerResponse, body: z.infer<typeof requestBody>): StubRequest {
  const key = request.headers['idempotency-key']
  const seen: StubRequest = {
    model: body.model,
    messages: body.messages,
    body,
    idempotencyKey: typeof key === 'string' ? key : null,
    authorized: request.headers.authorization?.startsWith('Bearer ') ?? false,
    receivedAt: Date.now(),
    answeredAt: null,
    closed: new Promise((resolve) => response.once('close', resolve)),
  }
  const { socket } = request
  response.once('finish', () => {
    if (!socket.destroyed) seen.answeredAt = Date.now()
  })
  return seen
}

function complete({ model, messages }: StubRequest): Completion {
  const content = answer(messages)
  const prompt_tokens = Math.ceil(messages.reduce((sum, message) => sum + message.content.length, 0) / 3)
  const completion_tokens = Math.ceil(content.length / 3)
  return {
    id: `chatcmpl-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content, refusal: null } }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  }
}

/** `undefined` where the text is no JSON. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

import { createHash } from 'node:crypto'
import { Context } from '@temporalio/activity'
import OpenAI from 'openai'
import type { MutateInput } from '../../temporal/mutation.ts'
import type { ModelConfig, MutationConfig } from '../../temporal/run-config.ts'
import { boundedFetch, ReplyTooLarge } from './bounded-fetch.ts'
import { paidOnce } from './paid-once.ts'
import type { Message } from './prompt.ts'
import { type CallFacts, providerFailure, unavailable } from './provider-errors.ts'
import { type Reply, readReply } from './reply.ts'
import type { CallKey, ReplyLedger } from './reply-ledger.ts'

/** An OpenAI-compatible server, what opens it, and where its replies are kept. */
export interface Endpoint {
  apiKey: string
  baseURL: string
  replies: ReplyLedger
}

/** An answer, usable or not; a reply that is none is thrown. */
export type Answer = Exclude<Reply, { outcome: 'malformed' }>

/**
 * Makes exactly one HTTP request, unless its reply is kept already, and waits for the answer until somebody asks for an
 * end or the configured time is over, whatever the server still sends. An attempt that the server has given up, as after
 * an outage, still hears its reply: the next attempt finds it kept.
 *
 * @throws ApplicationFailure of the types in `temporal/provider-failure.ts`; CancelledFailure when cancelled.
 */
export async function callModel(
  endpoint: Endpoint,
  model: ModelConfig,
  messages: Message[],
  input: Pick<MutateInput, 'run' | 'draw' | 'config'>,
): Promise<Answer> {
  const context = Context.current()
  const { config } = input
  const facts: CallFacts = { model: model.name, apiKey: endpoint.apiKey, now: Date.now() }
  const abort = new AbortController()
  const stop = () => abort.abort()
  const deadline = setTimeout(stop, config.timeoutSeconds * 1000)
  const heed = () => {
    const { timedOut, notFound } = context.cancellationDetails ?? {}
    if (!timedOut && !notFound) stop()
  }
  context.cancellationSignal.addEventListener('abort', heed)
  if (context.cancellationSignal.aborted) heed()
  try {
    const asked = requestBody(endpoint, model, messages, config)
    const key = { run: input.run, draw: input.draw, request: hashOf(JSON.stringify(asked)) }
    const body = await paidOnce(endpoint.replies, key, model.name, abort.signal, async () => {
      const fresh = await request(endpoint, asked, key, config, abort.signal)
      const reply = readReply(fresh, config.maxTokens)
      // No answer to this or any request: it is not kept, the next attempt asks again.
      if (reply.outcome === 'malformed') throw unavailable(reply.reason, facts)
      return fresh
    })
    const reply = readReply(body, config.maxTokens)
    if (reply.outcome === 'malformed') throw new Error(`a kept reply is none: ${reply.reason}`)
    return reply
  } catch (error) {
    if (abort.signal.aborted && context.cancellationSignal.aborted) return await context.cancelled
    if (abort.signal.aborted) throw unavailable(`no complete reply within ${config.timeoutSeconds} s`, facts)
    if (error instanceof ReplyTooLarge) throw unavailable(error.message, facts)
    throw providerFailure(error, { ...facts, now: Date.now() }) ?? error
  } finally {
    clearTimeout(deadline)
    context.cancellationSignal.removeEventListener('abort', heed)
  }
}

type RequestBody = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming

/** Returns the body as it came: its type is a promise of the server's, checked by the caller. */
async function request(
  endpoint: Endpoint,
  body: RequestBody,
  key: CallKey,
  config: MutationConfig,
  signal: AbortSignal,
): Promise<unknown> {
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseURL,
    fetch: boundedFetch(replyBytes(config)),
    // One attempt is one request; Temporal owns retries and the clock above owns time.
    maxRetries: 0,
    timeout: config.timeoutSeconds * 1000 + 60_000,
    logLevel: 'off',
  })
  return client.chat.completions.create(body, { signal, headers: { 'Idempotency-Key': idempotencyKey(key) } })
}

/** The `Idempotency-Key` header of a call: the same for every attempt at it, and for no other call. */
export const idempotencyKey = ({ run, draw, request }: CallKey): string => hashOf(`${run}\n${draw}\n${request}`)

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function requestBody(
  { baseURL }: Endpoint,
  { name }: ModelConfig,
  messages: Message[],
  { maxTokens, temperature }: MutationConfig,
): RequestBody {
  return {
    model: name,
    messages,
    ...(temperature === null ? {} : { temperature }),
    ...(wantsCompletionTokens(baseURL, name) ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
  }
}

/** OpenAI's newer models refuse the older name of the limit, many local servers know no other. */
function wantsCompletionTokens(baseURL: string, model: string): boolean {
  return new URL(baseURL).hostname.endsWith('.openai.com') || /^(openai\/)?(o\d|gpt-[5-9])/.test(model)
}

/** Room for the tokens asked for, their JSON escapes, and reasoning that a server adds. */
const replyBytes = ({ maxTokens }: MutationConfig): number => 256 * 1024 + 64 * maxTokens

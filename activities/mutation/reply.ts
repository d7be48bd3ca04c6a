import { z } from 'zod'

const tokens = z.number().int().nonnegative()

/** What is read of a chat completion; servers add fields of their own. */
const completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ text: z.string().nullish() }))]).nullish(),
          refusal: z.string().nullish(),
        }),
      }),
    )
    .min(1),
  // Counts are a report, not a reason to throw a paid reply away.
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullish().catch(null),
})

const errorBody = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) })

/** Token counts as the server reported them; `null` where it did not. */
export interface TokenCounts {
  prompt: number
  completion: number
}

/**
 * `text` is an answer to read; `unusable` an answer without one (refused, cut, empty); `malformed` no chat completion
 * at all, which is the server's fault and says nothing about the draw.
 */
export type Reply =
  | { outcome: 'text'; text: string; tokens: TokenCounts | null }
  | { outcome: 'unusable'; reason: string; text: string; tokens: TokenCounts | null }
  | { outcome: 'malformed'; reason: string }

/** Checks the body of a reply whose HTTP status was a success. Reasons may be as long as the body. */
export function readReply(body: unknown, maxTokens: number): Reply {
  const parsed = completion.safeParse(body)
  const choice = parsed.data?.choices[0]
  if (!parsed.success || choice === undefined) return { outcome: 'malformed', reason: describeMalformed(body) }
  const { usage } = parsed.data
  const tokens = usage ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens } : null
  const { content, refusal } = choice.message
  const raw = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('')
  const text = withoutReasoning(raw)
  const unusable = (reason: string): Reply => ({ outcome: 'unusable', reason, text, tokens })
  if (refusal) return unusable(`the model refused: ${refusal.slice(0, 300)}`)
  if (choice.finish_reason === 'length') {
    return unusable(
      `the reply was cut off at its token limit (mutation.maxTokens is ${maxTokens}): answer more briefly`,
    )
  }
  if (choice.finish_reason === 'content_filter') return unusable("the server's content filter withheld the reply")
  if (text.trim() === '') {
    return unusable(raw.trim() === '' ? 'the reply is empty' : 'the reply holds nothing but reasoning')
  }
  return { outcome: 'text', text, tokens }
}

/**
 * Takes a leading `<think>` section off. Chat templates may swallow the opening tag; a section that never closes is
 * reasoning to the end.
 */
export function withoutReasoning(text: string): string {
  const opened = /^\s*<think(?:ing)?>/.test(text)
  const close = /<\/think(?:ing)?>/.exec(text)
  if (close === null) return opened ? '' : text
  const swallowed = !opened && !/<think(?:ing)?>/.test(text.slice(0, close.index))
  return opened || swallowed ? text.slice(close.index + close[0].length).trimStart() : text
}

function describeMalformed(body: unknown): string {
  const failure = errorBody.safeParse(body)
  if (failure.success) {
    const { error } = failure.data
    return `the reply is an error: ${typeof error === 'string' ? error : error.message}`
  }
  if (typeof body === 'string') {
    const kind = /^\s*<(!doctype|html)/i.test(body) ? 'an HTML page' : 'text'
    return `the reply is ${kind} instead of a chat completion: ${body.trim()}`
  }
  if (body === null || body === undefined) return 'the reply has no body'
  return `the reply is no chat completion with at least one choice: ${JSON.stringify(body)}`
}

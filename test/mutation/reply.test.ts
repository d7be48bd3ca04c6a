import { describe, expect, it } from 'vitest'
import { readReply, withoutReasoning } from '../../activities/mutation/reply.ts'
import { summarise } from '../../activities/mutation/summary.ts'

const completion = (message: object, finish_reason: string | null = 'stop', usage: unknown = undefined) => ({
  id: 'x',
  choices: [{ index: 0, finish_reason, message }],
  usage,
})

describe('readReply', () => {
  it('hands out text and token counts', () => {
    const body = completion({ content: 'hello' }, 'stop', { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 })
    expect(readReply(body, 100)).toEqual({ outcome: 'text', text: 'hello', tokens: { prompt: 10, completion: 3 } })
  })

  it.each([
    ['no usage', completion({ content: 'hello' })],
    ['a usage that makes no sense', completion({ content: 'hello' }, 'stop', { prompt_tokens: -1 })],
    ['no finish reason', completion({ content: 'hello' }, null)],
    [
      'content in parts',
      completion({
        content: [
          { type: 'text', text: 'hel' },
          { type: 'text', text: 'lo' },
        ],
      }),
    ],
    ['reasoning before it', completion({ content: '<think>hm\n</think>\n\nhello' })],
  ])('accepts %s', (_name, body) => {
    expect(readReply(body, 100)).toEqual({ outcome: 'text', text: 'hello', tokens: null })
  })

  it.each([
    ['a refusal', completion({ content: null, refusal: 'No.' }), 'the model refused: No.'],
    ['a cut reply', completion({ content: 'hel' }, 'length'), 'mutation.maxTokens is 100'],
    ['a filtered reply', completion({ content: '' }, 'content_filter'), 'content filter'],
    ['null', completion({ content: null }), 'empty'],
    ['blanks', completion({ content: ' \n' }), 'empty'],
    ['reasoning that never ends', completion({ content: '<think>hm' }), 'nothing but reasoning'],
  ])('calls %s unusable', (_name, body, reason) => {
    const reply = readReply(body, 100)
    expect(reply.outcome === 'unusable' && reply.reason).toContain(reason)
  })

  it.each([
    ['an HTML page', '<!DOCTYPE html><p>Welcome', 'an HTML page'],
    ['plain text', 'ok', 'text instead'],
    ['no choices', { choices: [] }, 'at least one choice'],
    ['another shape', { result: 'hello' }, 'at least one choice'],
    ['an error with status 200', { error: { message: 'overloaded', code: 529 } }, 'overloaded'],
    ['an error in words', { error: 'overloaded' }, 'overloaded'],
    ['no body', undefined, 'no body'],
    ['null', null, 'no body'],
    ['a list', [], 'at least one choice'],
  ])('calls %s malformed', (_name, body, reason) => {
    const reply = readReply(body, 100)
    expect(reply.outcome === 'malformed' && reply.reason).toContain(reason)
  })
})

it.each([
  ['<think>a</think>b', 'b'],
  ['\n<thinking>a</thinking>\nb', 'b'],
  ['a, so\n</think>\nb', 'b'],
  ['<think>never closed', ''],
  ['b', 'b'],
  ['say "<think>" and "</think>"', 'say "<think>" and "</think>"'],
])('takes reasoning off %j', (text, rest) => {
  expect(withoutReasoning(text)).toBe(rest)
})

const block = '<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE'

it.each([
  ['Bigger tiles.\n\n<diff>', 'Bigger tiles.'],
  ['\n## **Bigger** `TILE_SIZE` tiles\n<diff>', 'Bigger TILE_SIZE tiles'],
  ['1. Use choose_tile_size and mx_fast\n<diff>', 'Use choose_tile_size and mx_fast'],
  ['<diff>\nafter the code', 'after the code'],
  ['```\nx = 1\n```\n', null],
  ['---\n<diff>', null],
  ['x = 1\ny = 2', null],
])('summarises %j', (reply, line) => {
  expect(summarise(reply.replace('<diff>', block))).toBe(line)
  expect(summarise(reply.replace('<diff>', `\`\`\`\n${block}\n\`\`\``))).toBe(line)
})

it('bounds a summary', () => {
  expect(summarise(`${'word '.repeat(100)}\n${block}`)).toHaveLength(200)
})

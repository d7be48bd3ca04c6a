import { describe, expect, it } from 'vitest'
import { buildPrompt } from '../../activities/mutation/prompt.ts'
import { promptBounds } from '../../activities/mutation/prompt-bounds.ts'
import { makeInput, makeProgram, parentSource, withBlock } from './fixtures.ts'

const texts = (...args: Parameters<typeof makeInput>): string[] =>
  buildPrompt(makeInput(...args)).map(({ content }) => content)

describe('the request', () => {
  it('is a system and a user message, the same for the same input in any key order', () => {
    const input = makeInput({
      parent: makeProgram('p', parentSource, { metrics: { b: 2, a: 1 }, artifacts: { z: 'Z', y: 'Y' } }),
    })
    const same = makeInput({
      parent: makeProgram('p', parentSource, { metrics: { a: 1, b: 2 }, artifacts: { y: 'Y', z: 'Z' } }),
    })
    expect(buildPrompt(input)).toEqual(buildPrompt(same))
    expect(buildPrompt(input).map(({ role }) => role)).toEqual(['system', 'user'])
  })

  it('holds the parent with its numbers and artifacts, and the instructions', () => {
    const parent = makeProgram('i0-g0-d1', parentSource, { artifacts: { profile: 'matmul takes 80 %' } })
    const [system, user] = texts({ parent }, { instructions: 'Export optimized_matmul.' })
    expect(system).toContain('Export optimized_matmul.')
    expect(system).toContain('Make the training step fast.')
    expect(user).toContain(parentSource)
    expect(user).toContain('score: 1.0625\nloss: 3.25\nstep_ms: 12.5')
    expect(user).toContain('profile:\n```\nmatmul takes 80 %\n```')
    expect(user).toContain('draw 1/0/1/0')
  })

  it('shows measured speedups with their intervals', () => {
    const eager = { median: 1.13, low: 1.11, high: 1.15, pairs: 90, launches: 0 }
    const [, user] = texts({
      parent: makeProgram('p', parentSource, { speedup: { eager, compiled: null, incumbent: null } }),
    })
    expect(user).toContain('screened ratio over eager MLX: 1.13, 95 % interval 1.11 to 1.15\n')
    expect(user).not.toContain('compiled')
  })

  it('asks for the configured form', () => {
    expect(texts({}, { reply: 'diff' })[0]).toContain('<<<<<<< SEARCH')
    expect(texts({}, { reply: 'rewrite' })[0]).not.toContain('SEARCH')
    expect(texts({}, { reply: 'rewrite' })[0]).toContain('fenced code block')
  })

  it("shows companions' evolve blocks once, best first", () => {
    const best = makeProgram('best', withBlock('BEST = 1'), { score: 2 })
    const far = makeProgram('far', withBlock('FAR = 1'))
    const [, user = ''] = texts({ top: [best], diverse: [best, far] })
    expect(user.match(/BEST = 1/g)).toHaveLength(1)
    expect(user.indexOf('BEST = 1')).toBeLessThan(user.indexOf('FAR = 1'))
    expect(user).not.toContain('LIMIT = 1\n```\n\n## far')
  })

  it('warns against what failed, each once, the latest kept', () => {
    const failures = Array.from({ length: 30 }, (_, n) => ({
      change: `idea ${n >> 1}`,
      stage: 'static',
      reason: 'it\nbroke',
    }))
    const [, user = ''] = texts({ failures })
    const lines = user.split('\n').filter((line) => line.startsWith('- idea'))
    expect(lines).toHaveLength(promptBounds.failures)
    expect(lines.at(-1)).toBe('- idea 14: stopped at static: it broke')
  })
})

describe('repair', () => {
  it('adds the bad reply and what was wrong with it', () => {
    const messages = buildPrompt(makeInput({ repair: { reply: 'Faster!', reason: 'the reply holds no block' } }))
    expect(messages.slice(0, 2)).toEqual(buildPrompt(makeInput()))
    expect(messages[2]).toEqual({ role: 'assistant', content: 'Faster!' })
    expect(messages[3]?.content).toContain('the reply holds no block')
    expect(messages[3]?.content).toContain('<<<<<<< SEARCH')
  })

  it('has something to say about an empty reply', () => {
    expect(buildPrompt(makeInput({ repair: { reply: '', reason: 'empty' } }))[2]?.content).toBe('(an empty reply)')
  })
})

it('stays bounded whatever it is given', () => {
  const long = 'x'.repeat(100_000)
  const artifacts = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`a${n}`, long]))
  const companions = Array.from({ length: 10 }, (_, n) =>
    makeProgram(`c${n}`, withBlock('y = 1\n'.repeat(3000)), { artifacts }),
  )
  const messages = buildPrompt(
    makeInput({
      parent: makeProgram('p', parentSource, { artifacts }),
      top: companions,
      diverse: companions,
      failures: Array.from({ length: 99 }, (_, n) => ({ change: `${n}${long}`, stage: 's', reason: long })),
      repair: { reply: long, reason: long },
    }),
  )
  const size = messages.reduce((sum, { content }) => sum + content.length, 0)
  const { artifacts: shown, artifact, companions: room, failures, failure, reply } = promptBounds
  expect(size).toBeLessThan(shown * (artifact + 100) + room + failures * (failure + 10) + reply + 10_000)
  // Companions are shown whole or not at all.
  expect(messages[1]?.content.match(/## c\d/g)).toHaveLength(2)
})

it('puts a program that holds fences into a longer one', () => {
  const [, user] = texts({ parent: makeProgram('p', withBlock('"""\n````\n"""')) })
  expect(user).toContain('`````python\n')
})

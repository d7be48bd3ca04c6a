import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runConfig } from '../../temporal/run-config.ts'
import { describeIssues, mergeSettings } from '../../temporal/settings.ts'
import { countGeneration, newcomersOf, recordGeneration } from '../../workflows/admit.ts'
import { ancestry } from '../../workflows/lineage.ts'
import { quotaOf } from '../../workflows/quota.ts'
import { hasSeen, remember } from '../../workflows/seen.ts'

const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })

describe('seen', () => {
  test('knows what it was told, each once', () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 40 }), fc.array(hash, { maxLength: 40 }), (first, second) => {
        const seen = remember(remember('', first), second)
        for (const h of [...first, ...second]) expect(hasSeen(seen, h)).toBe(true)
        expect(seen.length).toBe(10 * new Set([...first, ...second].map((h) => h.slice(0, 10))).size)
        expect(remember(seen, first)).toBe(seen)
      }),
    )
  })

  test('matches whole keys only, not across two', () => {
    const seen = remember('', [`${'a'.repeat(10)}${'0'.repeat(54)}`, `${'b'.repeat(10)}${'0'.repeat(54)}`])
    expect(hasSeen(seen, `aaaaabbbbb${'0'.repeat(54)}`)).toBe(false)
  })

  test('forgets the oldest beyond 4,096', () => {
    const hashes = Array.from({ length: 4097 }, (_, n) => n.toString(16).padStart(10, '0').padEnd(64, '0'))
    const seen = remember('', hashes)
    expect(seen.length).toBe(40960)
    expect(hasSeen(seen, hashes[0] ?? '')).toBe(false)
    expect(hasSeen(seen, hashes[1] ?? '')).toBe(true)
  })
})

test('quotas add up and differ by at most one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 64 }), (iterations, islands) => {
      const quotas = Array.from({ length: islands }, (_, island) => quotaOf(iterations, islands, island))
      expect(quotas.reduce((a, b) => a + b)).toBe(iterations)
      expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1)
    }),
  )
})

test('ancestry walks parents once, even where lineage has a circle', () => {
  const entry = (id: string, parents: string[]) => ({ id, parents, island: 0, generation: 0, score: 0, change: '' })
  const lineage = [entry('a', ['c']), entry('b', ['a']), entry('c', ['b', 'gone'])]
  expect(ancestry(lineage, 'c').map(({ id }) => id)).toEqual(['c', 'b', 'a'])
})

describe('settings', () => {
  test('override object by object', () => {
    const base = { problem: 'p', evaluation: { timeoutSeconds: 5, options: { preset: 'small' } }, list: [1, 2] }
    const override = { iterations: 3, evaluation: { options: { preset: 'seed' } }, list: [3], problem: undefined }
    expect(mergeSettings(base, override)).toEqual({
      problem: 'p',
      iterations: 3,
      evaluation: { timeoutSeconds: 5, options: { preset: 'seed' } },
      list: [3],
    })
  })

  test('every bad field is named', () => {
    const bad = { iterations: -1, islands: 0, sede: 3, selection: { eliteRatio: 0.9 }, mutation: { mutator: 'magic' } }
    const parsed = runConfig.safeParse(bad)
    const text = parsed.success ? '' : describeIssues(parsed.error, 'input')
    for (const part of [
      'problem:',
      'iterations:',
      'islands:',
      '"sede"',
      'selection.explorationRatio: explorationRatio, exploitationRatio and eliteRatio must add up to 1',
      'mutation.mutator:',
    ]) {
      expect(text).toContain(part)
    }
  })
})

test('a candidate that is unresolved is remembered and told of, but neither admitted nor counted as evaluated', () => {
  const proposal = { hash: 'ab'.repeat(32), change: 'Tile by 7' }
  const evaluation = { verdict: 'unresolved', stage: 'crash', reason: 'took its worker down', seconds: 0, startedAt: 9 }
  const candidates = [{ outcome: 'evaluated', proposal, evaluation, usage: [] }]
  const generation = { island: 0, generation: 1, candidates } as never
  const island = recordGeneration({ drawn: 0, seen: '', failures: [] } as never, generation, 1)
  expect(hasSeen(island.seen, proposal.hash)).toBe(true)
  expect(island.failures).toEqual([{ change: 'Tile by 7', stage: 'crash', reason: 'took its worker down' }])
  expect(newcomersOf(generation)).toEqual([])
  const before = { evaluated: 3, failed: 1, unresolved: 0, firstEvaluationAt: 5, lastEvaluationAt: 6, modelCalls: 0 }
  expect(countGeneration(before as never, generation)).toMatchObject({ ...before, unresolved: 1 })
})

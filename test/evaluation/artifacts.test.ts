import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { artifactLimit, artifactsLimit, boundArtifacts, boundText } from '../../activities/evaluation/artifacts.ts'

const bytes = (text: string) => Buffer.byteLength(text, 'utf8')
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 9000 }),
  fc.nat(20_000).map((n) => '€'.repeat(n)),
  fc.nat(20_000).map((n) => '𝄞x'.repeat(n)),
)

describe('a bounded text', () => {
  test('fits, is whole where it can be, and is well-formed', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 5000 }), (text, limit) => {
        const bounded = boundText(text, limit)
        expect(bytes(bounded)).toBeLessThanOrEqual(limit)
        expect(bounded.isWellFormed()).toBe(true)
        if (bytes(text) <= limit) expect(bounded).toBe(text.toWellFormed())
        else if (limit > 100) expect(bounded).toMatch(/… \d+ bytes cut …/)
      }),
      { numRuns: 60 },
    )
  })

  test('loses its middle and says how much', () => {
    const bounded = boundText(`start${'x'.repeat(1000)}end`, 200)
    expect(bounded).toMatch(/^start/)
    expect(bounded).toMatch(/end$/)
    const [head = '', tail = ''] = bounded.split(/\n… \d+ bytes cut …\n/)
    expect(Number(/… (\d+) bytes/.exec(bounded)?.[1])).toBe(1008 - bytes(head) - bytes(tail))
  })
})

describe('bounded artifacts', () => {
  test('fit, each and together', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 300 }), anyText, { maxKeys: 30 }), (artifacts) => {
        const bounded = boundArtifacts(artifacts)
        const sizes = Object.entries(bounded).map(([name, text]) => [bytes(name), bytes(text)] as const)
        expect(Math.max(0, ...sizes.map(([, text]) => text))).toBeLessThanOrEqual(artifactLimit)
        expect(sizes.reduce((sum, [name, text]) => sum + name + text, 0)).toBeLessThanOrEqual(artifactsLimit)
      }),
      { numRuns: 40 },
    )
  })

  test('name what was left out', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`part-${n}`, 'y'.repeat(4000)]))
    const bounded = boundArtifacts({ ...many, small: 'kept' })
    expect(bounded['part-0']).toBe('y'.repeat(4000))
    expect(bounded['part-3']).toMatch(/bytes cut/)
    expect(bounded['left out']).toBe('part-4, part-5, part-6, part-7, small')
  })
})

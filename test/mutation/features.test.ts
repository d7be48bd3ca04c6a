import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { measureFeatures } from '../../activities/mutation/features.ts'

const line = fc.constantFrom('', '  ', 'x = 1', '    x = 1', 'y = 2', 'return x', 'ü = 3')
const source = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'))

describe('measureFeatures', () => {
  test('a program is no distance from itself and as long as itself', () => {
    expect(measureFeatures('x = 1\ny = 2\n', 'x = 1\ny = 2\n')).toEqual({ complexity: 1, diversity: 0 })
  })

  test('one of three lines changed, two added', () => {
    const initial = 'a = 1\nb = 2\nc = 3\n'
    // 2 lines in common, 6 different ones in all.
    expect(measureFeatures('a = 1\nb = 2\nc = 4\nd = 5\nd = 5\n', initial)).toEqual({
      complexity: 1.6667,
      diversity: 0.6667,
    })
  })

  test('repeated lines count as often as they stand there', () => {
    expect(measureFeatures('x\nx\nx\n', 'x\n').diversity).toBe(0.6667)
  })

  test('empty texts are measured too', () => {
    expect(measureFeatures('', '')).toEqual({ complexity: 0, diversity: 0 })
    expect(measureFeatures('x', '')).toEqual({ complexity: 1, diversity: 1 })
  })

  test('diversity is a bounded, symmetric distance that ignores order, indentation and blank lines', () => {
    fc.assert(
      fc.property(source, source, (left, right) => {
        const { diversity } = measureFeatures(left, right)
        expect(diversity).toBeGreaterThanOrEqual(0)
        expect(diversity).toBeLessThanOrEqual(1)
        expect(measureFeatures(right, left).diversity).toBe(diversity)
        const shuffled = right.split('\n').reverse().join('\n\n    ')
        expect(measureFeatures(left, shuffled).diversity).toBe(diversity)
      }),
    )
  })

  test('diversity is 0 for the same lines and 1 for none in common, and for nothing else', () => {
    const lines = (text: string) =>
      text
        .split('\n')
        .map((raw) => raw.trim())
        .filter(Boolean)
        .sort()
    fc.assert(
      fc.property(source, source, (left, right) => {
        const { diversity } = measureFeatures(left, right)
        expect(diversity === 0).toBe(lines(left).join('\n') === lines(right).join('\n'))
        const common = lines(left).some((text) => lines(right).includes(text))
        if (lines(left).length + lines(right).length > 0) expect(diversity === 1).toBe(!common)
      }),
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Backoff } from '../../scripts/supervise/backoff.ts'

test('delays double up to the longest and start again after a healthy while', () => {
  const backoff = new Backoff({ firstMs: 100, longestMs: 350, healthyMs: 1000 })
  expect([0, 0, 0, 0, 1000, 0].map((ran) => backoff.after(ran))).toEqual([100, 200, 350, 350, 100, 200])
})

test('every delay lies between the first and the longest', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), (runs) => {
      const backoff = new Backoff({ firstMs: 10, longestMs: 1000, healthyMs: 5000 })
      for (const ran of runs) {
        const delay = backoff.after(ran)
        expect(delay).toBeGreaterThanOrEqual(10)
        expect(delay).toBeLessThanOrEqual(1000)
        if (ran >= 5000) expect(delay).toBe(10)
      }
    }),
  )
})

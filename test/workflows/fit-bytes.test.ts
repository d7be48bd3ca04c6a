import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitBytes } from '../../workflows/fit-bytes.ts'

interface Part {
  bytes: number
  /** Of these, what is left when compressed. */
  encoded: number
}

const sum = (parts: Part[], what: keyof Part): number => parts.reduce((total, part) => total + part[what], 0)

/** Keeps parts, best first, while they fit the limit; the first always. */
const keepUpTo = (parts: Part[], limit: number): Part[] => {
  let bytes = 0
  return parts.filter((part, place) => {
    if (place > 0 && bytes + part.bytes > limit) return false
    bytes += part.bytes
    return true
  })
}

const part = fc
  .record({ bytes: fc.integer({ min: 1, max: 300 }), ratio: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ bytes, ratio }): Part => ({ bytes, encoded: Math.ceil(bytes * ratio) }))

describe('fitting an island into its bytes', () => {
  test('whatever joins, and however it compresses, the island never takes more than its budget', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(part, { maxLength: 6 }), { maxLength: 40 }), async (generations) => {
        const budget = 1000
        let island: Part[] = []
        let headroom: number | undefined
        for (const newcomers of generations) {
          const everyone = [...newcomers, ...island] // newest first: any order must do
          const load = { bytes: sum(everyone, 'bytes'), added: sum(newcomers, 'bytes'), budget, most: 2500, headroom }
          const found = await fitBytes(load, {
            selectUpTo: async (limit) => keepUpTo(everyone, limit),
            weigh: async (kept: Part[] | null) => sum(kept ?? everyone, 'encoded'),
          })
          island = found.selection
          headroom = found.headroom
          expect(sum(island, 'encoded')).toBeLessThanOrEqual(budget)
          expect(sum(island, 'bytes')).toBeLessThanOrEqual(2500)
          if (everyone.length > 0) expect(island.length).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('nothing is weighed while everything fits as it is', async () => {
    const load = { bytes: 900, added: 900, budget: 1000, most: 1e6, headroom: undefined }
    const weigh = () => Promise.reject(new Error('weighed'))
    expect(await fitBytes(load, { selectUpTo: async (limit) => limit, weigh })).toEqual({ selection: 1000 })
  })

  test('nor while what joined could not be too much', async () => {
    const load = { bytes: 5000, added: 300, budget: 1000, most: 1e6, headroom: 400 }
    const weigh = () => Promise.reject(new Error('weighed'))
    const found = await fitBytes(load, { selectUpTo: async (limit) => limit, weigh })
    expect(found).toEqual({ selection: 5000, headroom: 100 })
  })

  test('programs that compress well all stay, and are rarely weighed', async () => {
    let weighed = 0
    let island: Part[] = []
    let headroom: number | undefined
    for (let n = 0; n < 500; n++) {
      const everyone = [...island, { bytes: 20, encoded: 1 }]
      const load = { bytes: sum(everyone, 'bytes'), added: 20, budget: 1000, most: 1e6, headroom }
      const found = await fitBytes(load, {
        selectUpTo: async (limit) => keepUpTo(everyone, limit),
        weigh: async (kept: Part[] | null) => {
          weighed += 1
          return sum(kept ?? everyone, 'encoded')
        },
      })
      island = found.selection
      headroom = found.headroom
    }
    expect(island).toHaveLength(500)
    expect(weighed).toBeLessThan(20)
  })
})

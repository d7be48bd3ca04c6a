import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellOf, missingDimension } from '../../activities/selection/cell.ts'
import { randomFrom, seedFrom } from '../../activities/selection/random.ts'
import { select } from '../../activities/selection/select.ts'
import { survive } from '../../activities/selection/survive.ts'
import type { Member } from '../../temporal/population.ts'
import { runConfig } from '../../temporal/run-config.ts'

const config = runConfig.parse({ problem: 'any' }).selection
const noBudget = Number.MAX_SAFE_INTEGER

const member = (id: string, score: number, complexity = 1, diversity = 0.1): Member => ({
  id,
  hash: id,
  score,
  features: { complexity, diversity },
  bytes: 100,
})

const members = fc
  .array(
    fc.record({
      score: fc.integer({ min: 0, max: 20 }),
      complexity: fc.double({ min: 0.1, max: 8, noNaN: true }),
      diversity: fc.double({ min: 0, max: 1, noNaN: true }),
      source: fc.integer({ min: 0, max: 30 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((all) =>
    all.map(({ source, ...m }, n) => ({ ...member(`m${n}`, m.score, m.complexity, m.diversity), hash: `s${source}` })),
  )

describe('cellOf', () => {
  test('bins linear and logarithmic axes, values outside into the outer bins', () => {
    const axes = [
      { name: 'a', min: 0, max: 10, bins: 5, scale: 'linear' as const },
      { name: 'b', min: 1, max: 100, bins: 2, scale: 'log' as const },
    ]
    expect(cellOf(axes, { a: 4.1, b: 9.9 })).toBe('2:0')
    expect(cellOf(axes, { a: -3, b: 10.1 })).toBe('0:1')
    expect(cellOf(axes, { a: 99, b: 5000 })).toBe('4:1')
  })

  test('a dimension that programs do not have is named; a program without it falls into the lowest bin', () => {
    const axis = { name: 'speed', min: 0, max: 1, bins: 2, scale: 'linear' as const }
    expect(missingDimension([axis], { complexity: 1, diversity: 0 })).toBe(
      'selection.features: programs have no "speed", they have complexity, diversity',
    )
    expect(missingDimension([axis], { speed: 1 })).toBeNull()
    expect(cellOf([axis], { complexity: 1 })).toBe('0')
  })
})

describe('survive', () => {
  test('keeps the best of every cell and the archive of the best', () => {
    const one = { ...config, archiveSize: 1 }
    const here = [member('old', 1), member('better', 2)]
    const elsewhere = member('far', 0.5, 3.9, 0.9)
    const { ranked, evicted } = survive(here, [elsewhere], one, noBudget)
    expect(ranked.map(({ id }) => id)).toEqual(['better', 'far'])
    expect(evicted).toEqual(['old'])
  })

  test('keeps the older of two equals', () => {
    const one = { ...config, archiveSize: 1 }
    expect(survive([member('old', 1)], [member('new', 1)], one, noBudget).evicted).toEqual(['new'])
  })

  test('keeps one program of a source', () => {
    const twin = { ...member('twin', 5), hash: 'old' }
    expect(survive([member('old', 1)], [twin], config, noBudget).evicted).toEqual(['twin'])
  })

  test('evicts the worst beyond the byte budget, never the best', () => {
    const everyone = [member('a', 3), member('b', 2), member('c', 1)]
    const { ranked, evictedForSize } = survive(everyone, [], config, 250)
    expect(ranked.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(evictedForSize).toEqual(['c'])
    expect(survive(everyone, [], config, 1).ranked.map(({ id }) => id)).toEqual(['a'])
  })

  test('whoever stays or goes is accounted for, the best stays, and no cell loses its elite', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 8 }), (all, archiveSize) => {
        const settings = { ...config, archiveSize }
        const { ranked, evicted } = survive(all, [], settings, noBudget)
        expect([...ranked.map(({ id }) => id), ...evicted].sort()).toEqual(all.map(({ id }) => id).sort())
        const firsts = all.filter((m, n) => all.findIndex(({ hash }) => hash === m.hash) === n)
        for (const m of firsts) {
          const cell = cellOf(settings.features, m.features)
          const elite = ranked.find((kept) => cellOf(settings.features, kept.features) === cell)
          expect(elite?.score).toBeGreaterThanOrEqual(m.score)
        }
        expect(ranked.length).toBeLessThanOrEqual(
          archiveSize + new Set(firsts.map((m) => cellOf(settings.features, m.features))).size,
        )
      }),
    )
  })
})

describe('select', () => {
  const input = { config, byteBudget: noBudget, draws: 3, migrants: 2, members: [] }

  test('is the same for the same seed and draws only from survivors', () => {
    fc.assert(
      fc.property(members, fc.string(), (newcomers, seed) => {
        const result = select({ ...input, newcomers, seed })
        expect(select({ ...input, newcomers, seed })).toEqual(result)
        const alive = new Set(newcomers.map(({ id }) => id).filter((id) => !result.evicted.includes(id)))
        for (const { parent, top, diverse } of result.draws) {
          const named = [parent, ...top, ...diverse]
          expect(new Set(named).size).toBe(named.length)
          for (const id of named) expect(alive.has(id)).toBe(true)
        }
        for (const id of result.emigrants) expect(alive.has(id)).toBe(true)
      }),
    )
  })

  test('keeps to the configured shares of exploration, exploitation and the elite', () => {
    const everyone = [member('best', 9), member('far', 1, 3.9, 0.9), member('near', 5)]
    const elite = { ...config, explorationRatio: 0, exploitationRatio: 0, eliteRatio: 1 }
    const parents = (settings: typeof config) =>
      select({ ...input, config: settings, newcomers: everyone, seed: 's', draws: 300 }).draws.map((d) => d.parent)
    expect(new Set(parents(elite))).toEqual(new Set(['best']))
    const uniform = parents({ ...config, explorationRatio: 1, exploitationRatio: 0, eliteRatio: 0 })
    const share = uniform.filter((id) => id === 'far').length / 300
    expect(share).toBeGreaterThan(0.4) // two occupied cells, drawn evenly
    expect(share).toBeLessThan(0.6)
  })

  test('emigrants are the best', () => {
    const newcomers = [member('c', 1), member('a', 3), member('b', 2)]
    expect(select({ ...input, newcomers, seed: 's' }).emigrants).toEqual(['a', 'b'])
  })
})

describe('random', () => {
  test('draws in range, evenly, and from the seed alone', () => {
    const random = randomFrom('1/0/3')
    const draws = Array.from({ length: 6000 }, () => random.below(6))
    for (let face = 0; face < 6; face += 1) {
      expect(Math.abs(draws.filter((d) => d === face).length - 1000)).toBeLessThan(150)
    }
    expect(randomFrom('1/0/3').unit()).toBe(randomFrom('1/0/3').unit())
    expect(seedFrom('a')).not.toBe(seedFrom('b'))
  })
})

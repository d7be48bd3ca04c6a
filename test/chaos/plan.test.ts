import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { disturb } from '../../scripts/chaos/disturb.ts'
import { planKills, type Victim, victimOf, victims } from '../../scripts/chaos/plan.ts'

const options = fc.record({
  seed: fc.nat(),
  round: fc.nat(1000),
  kills: fc.nat(12),
  calls: fc.integer({ min: 1, max: 500 }),
})

describe('a plan of kills', () => {
  test('has as many as asked for, in order, each at a moment at which the round is still under way', () => {
    fc.assert(
      fc.property(options, (asked) => {
        const plan = planKills(asked)
        expect(plan).toHaveLength(asked.kills)
        expect(plan).toEqual(plan.toSorted((a, b) => a.afterCalls - b.afterCalls))
        for (const { victim, afterCalls, delayMs } of plan) {
          expect(victims).toContain(victim)
          expect(afterCalls).toBeLessThan(asked.calls)
          expect(delayMs).toBeLessThanOrEqual(1500)
        }
      }),
    )
  })

  test('is the same for the same seed and round, and another for others', () => {
    const plan = (seed: number, round: number) => planKills({ seed, round, kills: 5, calls: 60 })
    expect(plan(7, 3)).toEqual(plan(7, 3))
    const plans = Array.from({ length: 30 }, (_, round) => JSON.stringify(plan(1, round)))
    expect(new Set([...plans, JSON.stringify(plan(2, 0))]).size).toBe(31)
  })

  test('hits everybody', () => {
    const plan = Array.from({ length: 10 }, (_, round) => planKills({ seed: 1, round, kills: 5, calls: 60 })).flat()
    expect(new Set(plan.map(({ victim }) => victim))).toEqual(new Set(victims))
  })
})

const victim = fc.constantFrom(...victims)
const candidate = fc.constantFrom(null, 'a', 'b')

test('no candidate dies three times with the mlx worker, whatever is being evaluated when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(victim, candidate), { maxLength: 12 }), async (moments) => {
      const plan = moments.map(([planned]) => ({ victim: planned, afterCalls: 0, delayMs: 0 }))
      const made: [Victim, string | null][] = []
      const kill = async (hit: Victim) => void made.push([hit, moments[made.length]?.[1] ?? null])
      const scene = { processes: { kill }, calls: () => 0, candidate: () => moments[made.length]?.[1] ?? null }
      await disturb(plan, scene, new AbortController().signal)
      expect(made).toHaveLength(moments.length)
      for (const name of ['a', 'b']) {
        const deaths = made.filter(([hit, evaluated]) => hit === 'mlx' && evaluated === name)
        expect(deaths.length).toBeLessThanOrEqual(2)
      }
    }),
  )
})

test('others are killed as planned', () => {
  fc.assert(
    fc.property(victim, candidate, fc.array(fc.constantFrom('a', 'b')), (planned, evaluated, diedWith) => {
      const hit = victimOf(planned, evaluated, diedWith)
      if (planned !== 'mlx' || evaluated === null) expect(hit).toBe(planned)
    }),
  )
})

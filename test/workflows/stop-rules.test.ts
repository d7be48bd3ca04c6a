import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RunInput, runConfig } from '../../temporal/run-config.ts'
import type { RunState } from '../../temporal/run-state.ts'
import { nextStep } from '../../workflows/schedule.ts'
import { affordableDraws, dearestDraw, unpricedModel } from '../../workflows/spending.ts'
import { lookAtRules, targetReached } from '../../workflows/stop-rules.ts'

interface Given {
  budget?: RunInput['budget']
  generations?: number[]
  scores?: number[]
  progress?: RunState['progress']
  records?: Array<{ hash: string; outcome: string }>
  confirmedLow?: number
  cost?: number
  config?: Partial<RunInput>
}

const program = (score: number, index: number) => ({
  id: `p${index}`,
  hash: `h${index}`,
  score,
  source: 'x'.repeat(3000),
  artifacts: {},
})

const stateWith = (given: Given): RunState => {
  const generations = given.generations ?? [4, 4]
  const scores = given.scores ?? [1, 1]
  const config = runConfig.parse({ problem: 'p', iterations: 100, islands: generations.length, ...given.config })
  return {
    config: { ...config, budget: { ...config.budget, ...given.budget } },
    mutator: 'model',
    control: { extended: 0 },
    initial: { score: 1, hash: 'initial' },
    islands: generations.map((generation, index) => ({
      index,
      generation,
      drawn: 2 * generation,
      began: { generation: 0, drawn: 0 },
      programs: [program(scores[index] ?? 1, index)],
      migratedAt: generation,
      inbox: {},
    })),
    ledger: { cost: given.cost ?? 0 },
    progress: given.progress ?? { checkedAt: 0, best: 1, since: 0 },
    confirmations: {
      incumbent: given.confirmedLow === undefined ? null : { speedup: { eager: { low: given.confirmedLow } } },
      records: given.records ?? [],
    },
  } as never
}

describe('target and patience', () => {
  test('are looked at where all islands have made as many generations as lie between migrations', () => {
    const waiting = stateWith({ budget: { target: 2 }, generations: [4, 3], scores: [2.5, 1] })
    expect(lookAtRules(waiting)).toBeNull()
    expect(nextStep(waiting, waiting.islands[0] as never)).toEqual({
      do: 'wait',
      for: 'all islands to reach generation 4',
    })
    expect(nextStep(waiting, waiting.islands[1] as never).do).toBe('generate')
    const together = stateWith({ budget: { target: 2 }, scores: [2.5, 1] })
    expect(lookAtRules(together)).toBe('budget.target: 2.5000 reached, 2 was asked for')
  })

  test('cost nobody a wait where there are none', () => {
    const state = stateWith({ generations: [4, 3] })
    expect(nextStep(state, state.islands[0] as never).do).toBe('generate')
    expect(lookAtRules(state)).toBeNull()
    expect(state.progress.checkedAt).toBe(0)
  })

  test('an island that is at rest keeps nobody waiting', () => {
    const state = stateWith({ budget: { patience: 50 }, generations: [3, 4], config: { iterations: 14 } })
    expect(nextStep(state, state.islands[0] as never).do).toBe('generate')
    const rested = stateWith({ budget: { target: 1 }, generations: [2, 4], config: { iterations: 4 } })
    expect(lookAtRules(rested)).toBeNull()
  })

  test('patience counts iterations since the best score was first seen', () => {
    const budget = { patience: 30 }
    const state = stateWith({
      budget,
      generations: [8, 8],
      scores: [1.5, 1],
      progress: { checkedAt: 4, best: 1, since: 0 },
    })
    expect(lookAtRules(state)).toBeNull()
    expect(state.progress).toEqual({ checkedAt: 8, best: 1.5, since: 32 })
    const later = stateWith({
      budget,
      generations: [16, 16],
      scores: [1.5, 1],
      progress: { checkedAt: 12, best: 1.5, since: 32 },
    })
    expect(lookAtRules(later)).toBe('budget.patience: nothing above 1.5000 in 32 iterations')
  })

  test('a program that was tried reaches the target with what was confirmed only', () => {
    const budget = { target: 1.3 }
    const screened = { budget, scores: [1.4, 1] }
    expect(targetReached(stateWith(screened))).not.toBeNull()
    const records = [{ hash: 'h0', outcome: 'confirmed' }]
    expect(targetReached(stateWith({ ...screened, records, confirmedLow: 1.25 }))).toBeNull()
    expect(targetReached(stateWith({ ...screened, records, confirmedLow: 1.31 }))).not.toBeNull()
    expect(targetReached(stateWith({ ...screened, records: [{ hash: 'h0', outcome: 'not confirmed' }] }))).toBeNull()
  })
})

describe('dollars', () => {
  const models = [{ name: 'm', promptPrice: 1, completionPrice: 4 }]
  const config = { mutation: { models } }

  test('what is in flight and what is started never exceed what is left', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 16 }),
        (dollars, cost, reserved, draws) => {
          const state = stateWith({ budget: { dollars }, cost, config })
          const [island] = state.islands
          if (island === undefined) throw new Error('no island')
          const allowed = affordableDraws(state, island, draws, reserved)
          expect(allowed).toBeLessThanOrEqual(draws)
          if (allowed > 0) {
            expect(cost + reserved + allowed * dearestDraw(state.config, island)).toBeLessThanOrEqual(
              dollars * (1 + 1e-9),
            )
          }
        },
      ),
    )
  })

  test('the dearest model and a repair are reckoned with', () => {
    const dear = runConfig.parse({
      problem: 'p',
      mutation: { models: [...models, { name: 'd', completionPrice: 100 }] },
    })
    expect(dearestDraw(dear, { programs: [] })).toBeCloseTo((2 * dear.mutation.maxTokens * 100) / 1e6, 6)
  })

  test('an offline run spends none', () => {
    const state = { ...stateWith({ budget: { dollars: 0.001 }, config }), mutator: 'offline' as const }
    expect(affordableDraws(state, state.islands[0] as never, 2, 0)).toBe(2)
  })

  test('a model without prices is named', () => {
    const free = runConfig.parse({ problem: 'p', budget: { dollars: 1 } })
    expect(unpricedModel(free, 'model')).toBe(
      'budget.dollars: mutation.models.0 (gpt-5-mini) has no prices; expected mutation.models.0.promptPrice and mutation.models.0.completionPrice',
    )
    expect(unpricedModel(free, 'offline')).toBeNull()
    expect(unpricedModel(runConfig.parse({ problem: 'p', budget: { dollars: 1 }, ...config }), 'model')).toBeNull()
  })
})

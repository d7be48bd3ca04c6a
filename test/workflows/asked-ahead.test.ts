import { expect, test } from 'vitest'
import { runConfig } from '../../temporal/run-config.ts'
import type { IslandState, RunState } from '../../temporal/run-state.ts'
import {
  askedFirst,
  forgetAskedAhead,
  hasAskedAhead,
  noteAskedAhead,
  reservedAhead,
} from '../../workflows/asked-ahead.ts'
import { dearestDraw } from '../../workflows/spending.ts'

const models = [{ name: 'priced', promptPrice: 2, completionPrice: 10 }]

const state = (): RunState =>
  ({
    config: runConfig.parse({
      ...{ problem: 'any', candidatesPerGeneration: 3, mutation: { models } },
      budget: { dollars: 5 },
    }),
    mutator: 'model',
    islands: [0, 1, 2].map((index): Partial<IslandState> => ({ index, programs: [] })),
  }) as unknown as RunState

test('an island that was asked ahead goes first, until its generation is under way', () => {
  const run = state()
  noteAskedAhead(run, 2)
  expect(askedFirst(run).map(({ index }) => index)).toEqual([2, 0, 1])
  forgetAskedAhead(run, 2)
  expect(hasAskedAhead(run)).toBe(false)
  expect(askedFirst(run).map(({ index }) => index)).toEqual([0, 1, 2])
  // What is carried is what was carried before anything could be asked ahead.
  expect(Object.keys(run)).not.toContain('askedAhead')
})

test('what was asked ahead is reserved in the budget', () => {
  const run = state()
  expect(reservedAhead(run)).toBe(0)
  noteAskedAhead(run, 0)
  noteAskedAhead(run, 1)
  expect(reservedAhead(run)).toBeCloseTo(6 * dearestDraw(run.config, { programs: [] }))
})

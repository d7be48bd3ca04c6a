import { expect, test } from 'vitest'
import type { Drawn } from '../../temporal/generation.ts'
import type { IslandState, RunState } from '../../temporal/run-state.ts'
import {
  carryAhead,
  costAhead,
  drawnAheadOf,
  drawnFirst,
  hasDrawnAhead,
  takeAhead,
} from '../../workflows/drawn-ahead.ts'

/** Three islands that have made 4 generations. */
const state = (): RunState =>
  ({ islands: [0, 1, 2].map((index): Partial<IslandState> => ({ index, generation: 4 })) }) as unknown as RunState

const drawn = (cost: number, reply = ''): Drawn[] => [
  {
    result: { outcome: 'unusable', reason: 'no patch', reply, usage: null },
    usage: [{ model: 'any', promptTokens: 1, completionTokens: 1, cost }],
  },
]

const order = (run: RunState) => drawnFirst(run).map(({ index }) => index)

test('an island whose proposals are there goes first, until its generation is made', () => {
  const run = state()
  expect(carryAhead(run, { island: 2, generation: 5, drawn: drawn(1) })).toBe(true)
  expect([order(run), hasDrawnAhead(run)]).toEqual([[2, 0, 1], true])
  expect(drawnAheadOf(run, 2)).toEqual(drawn(1))
  expect(drawnAheadOf(run, 0)).toBeNull()
  takeAhead(run, 2)
  expect([order(run), hasDrawnAhead(run)]).toEqual([[0, 1, 2], false])
  // What is carried is what was carried before anything was drawn ahead.
  expect(Object.keys(run)).toEqual(['islands'])
})

test('what they have cost is known', () => {
  const run = state()
  carryAhead(run, { island: 0, generation: 5, drawn: drawn(0.5) })
  carryAhead(run, { island: 1, generation: 5, drawn: drawn(0.25) })
  expect(costAhead(run)).toBe(0.75)
})

test('those of another generation than the next one say nothing', () => {
  const run = { ...state(), drawnAhead: [{ island: 1, generation: 4, drawn: drawn(1) }] }
  expect([hasDrawnAhead(run), drawnAheadOf(run, 1), costAhead(run)]).toEqual([false, null, 0])
})

test('there is not room for everything', () => {
  const run = state()
  expect(carryAhead(run, { island: 0, generation: 5, drawn: drawn(1, 'x'.repeat(150_000)) })).toBe(true)
  expect(carryAhead(run, { island: 1, generation: 5, drawn: drawn(1, 'x'.repeat(150_000)) })).toBe(false)
  expect([drawnAheadOf(run, 0)?.length, drawnAheadOf(run, 1)]).toEqual([1, null])
})

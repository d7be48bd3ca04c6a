import { expect, test } from 'vitest'
import { isBehind } from '../../workflows/visibility.ts'

const underWay = { kind: 'generation', generation: 2, child: null, since: 0, blocked: null, reserved: 0 } as const
const inFlight = new Map([[0, underWay]])
const told = { news: 'running, best i0-g1-d0', iterations: 8, at: 10_000 }
const run = (published: typeof told | null) => ({ published, countsSeldom: true, goesByEvents: true, inFlight })

test('search attributes are told of phase and best program at once', () => {
  expect(isBehind(run(null), told)).toBe(true)
  expect(isBehind(run(told), { ...told, news: 'completed, best i0-g1-d0', at: told.at + 1 })).toBe(true)
})

test('they are told of iterations every two seconds', () => {
  expect(isBehind(run(told), { ...told, iterations: 10, at: told.at + 1999 })).toBe(false)
  expect(isBehind(run(told), { ...told, iterations: 10, at: told.at + 2000 })).toBe(true)
})

test('they are told of iterations when nothing is under way any more', () => {
  const atRest = { ...run(told), inFlight: new Map() }
  expect(isBehind(atRest, { ...told, iterations: 10 })).toBe(true)
  expect(isBehind({ ...atRest, goesByEvents: false }, { ...told, iterations: 10 })).toBe(false)
})

test('they are not told the same twice', () => {
  expect(isBehind(run(told), { ...told, at: told.at + 60_000 })).toBe(false)
})

test('executions begun when every iteration was told go on that way', () => {
  const begunBefore = { ...run(told), countsSeldom: false }
  expect(isBehind(begunBefore, { ...told, iterations: 9, at: told.at + 1 })).toBe(true)
})

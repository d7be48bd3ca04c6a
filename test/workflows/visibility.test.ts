import { expect, test } from 'vitest'
import { isBehind } from '../../workflows/visibility.ts'

const told = { news: 'running, best i0-g1-d0', iterations: 8, at: 10_000 }
const run = (published: typeof told | null) => ({ published, countsSeldom: true })

test('search attributes are told of phase and best program at once', () => {
  expect(isBehind(run(null), told, 2000)).toBe(true)
  expect(isBehind(run(told), { ...told, news: 'completed, best i0-g1-d0', at: told.at + 1 }, 2000)).toBe(true)
})

test('they are told of iterations after a while', () => {
  expect(isBehind(run(told), { ...told, iterations: 10, at: told.at + 1999 }, 2000)).toBe(false)
  expect(isBehind(run(told), { ...told, iterations: 10, at: told.at + 2000 }, 2000)).toBe(true)
})

test('they are not told the same twice', () => {
  expect(isBehind(run(told), { ...told, at: told.at + 60_000 }, 2000)).toBe(false)
})

test('executions begun when every iteration was told go on that way', () => {
  const begunBefore = { published: told, countsSeldom: false }
  expect(isBehind(begunBefore, { ...told, iterations: 9, at: told.at + 1 }, 2000)).toBe(true)
})

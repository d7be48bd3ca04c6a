import { expect, test } from 'vitest'
import { longHistory, manyMessages, needsFreshStart } from '../../workflows/fresh-start.ts'

test.each([
  { asked: false, events: longHistory - 1, early: true, fresh: false },
  { asked: false, events: longHistory, early: true, fresh: true },
  { asked: true, events: 60, early: true, fresh: true },
  // Executions begun before: their histories say that they went on.
  { asked: false, events: 4000, early: false, fresh: false },
  { asked: true, events: 4096, early: false, fresh: true },
])('asked by the server: $asked, $events events, early: $early → fresh start: $fresh', (given) => {
  const info = { continueAsNewSuggested: given.asked, historyLength: given.events }
  expect(needsFreshStart(info, given.early, 0)).toBe(given.fresh)
})

test('many messages ask for a fresh start as well', () => {
  const info = { continueAsNewSuggested: false, historyLength: 60 }
  expect(needsFreshStart(info, true, manyMessages - 1)).toBe(false)
  expect(needsFreshStart(info, true, manyMessages)).toBe(true)
})

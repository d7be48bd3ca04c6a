import { expect, test } from 'vitest'
import { longHistory, manyNews, needsFreshStart } from '../../workflows/fresh-start.ts'

test.each([
  { asked: false, news: manyNews - 1, events: 4000, early: true, byEvents: true, fresh: false },
  { asked: false, news: manyNews, events: 60, early: true, byEvents: true, fresh: true },
  { asked: true, news: 3, events: 60, early: true, byEvents: true, fresh: true },
  // Executions begun before: their histories say when they went on.
  { asked: false, news: manyNews, events: longHistory - 1, early: true, byEvents: false, fresh: false },
  { asked: false, news: 3, events: longHistory, early: true, byEvents: false, fresh: true },
  { asked: true, news: 3, events: 60, early: true, byEvents: false, fresh: true },
  { asked: false, news: manyNews, events: 4000, early: false, byEvents: false, fresh: false },
  { asked: true, news: 3, events: 4096, early: false, byEvents: false, fresh: true },
])('asked by the server: $asked, $news news, $events events, early: $early, by events: $byEvents → $fresh', (given) => {
  const time = { now: 0, continueAsNewSuggested: given.asked, historyLength: given.events }
  const turns = { time: () => time, taken: () => given.news }
  const run = { turns, continuesEarly: given.early, goesByEvents: given.byEvents }
  expect(needsFreshStart(run)).toBe(given.fresh)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskTime } from '../../temporal/task-time.ts'
import { createTurns } from '../../workflows/turns.ts'

/** A workflow's clock that a test sets, and its `condition`, which is looked at when nothing else is left to do. */
const bench = () => {
  const time = { now: 0 }
  const read = (): TaskTime => ({ now: time.now, historyLength: time.now, continueAsNewSuggested: false })
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise(setImmediate)
  }
  return { time, turns: createTurns(read, until) }
}

test('where nobody takes turns everything is taken up at once, and the moment is now', () => {
  const { time, turns } = bench()
  expect(turns.inTurn(() => 'done')).toBe('done')
  time.now = 7
  expect(turns.time().now).toBe(7)
})

test('what comes while something is being taken up waits for it, and sees the moment when it came', async () => {
  const pieces = fc.array(fc.record({ ticks: fc.nat(5), at: fc.nat(100), fails: fc.boolean() }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(pieces, async (coming) => {
      const { time, turns } = bench()
      turns.begin()
      const log: string[] = []
      const results = coming.map(({ ticks, at, fails }, index) => {
        time.now = at
        const work = async (): Promise<number> => {
          log.push(`begin ${index} at ${turns.time().now}`)
          for (let tick = 0; tick < ticks; tick++) await null
          log.push(`end ${index} at ${turns.time().now}`)
          if (fails) throw new Error(`no ${index}`)
          return index
        }
        return Promise.resolve(turns.inTurn(work)).catch((error: Error) => error.message)
      })
      time.now = 1000
      for (const _ of coming) await turns.next(() => false)
      expect(log).toEqual(coming.flatMap(({ at }, i) => [`begin ${i} at ${at}`, `end ${i} at ${at}`]))
      expect(await Promise.all(results)).toEqual(coming.map(({ fails }, i) => (fails ? `no ${i}` : i)))
    }),
  )
})

test('whoever waits for news gets them when they come', async () => {
  const { turns } = bench()
  turns.begin()
  const next = turns.next(() => false)
  const answer = turns.inTurn(() => 'heard')
  await next
  await expect(answer).resolves.toBe('heard')
})

test('what is waited for besides ends the wait, and takes nothing up', async () => {
  const { turns } = bench()
  turns.begin()
  let heard = false
  const next = turns.next(() => heard)
  heard = true
  await next
  const taken: string[] = []
  const later = turns.inTurn(() => taken.push('later'))
  await Promise.resolve()
  expect(taken).toEqual([])
  await turns.next(() => false)
  await later
})

test('when turns end, what still waits is taken up', async () => {
  const { turns } = bench()
  turns.begin()
  const taken: number[] = []
  const waiting = [1, 2].map((n) => turns.inTurn(() => taken.push(n)))
  expect(taken).toEqual([])
  turns.end()
  expect(taken).toEqual([1, 2])
  await Promise.all(waiting)
  turns.inTurn(() => taken.push(3))
  expect(taken).toEqual([1, 2, 3])
})

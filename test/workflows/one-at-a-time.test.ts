import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneAtATime } from '../../workflows/one-at-a-time.ts'

/** Resolves after some microtasks, or rejects. */
const call = async (ticks: number, fails: boolean, begin: () => void, end: () => void): Promise<void> => {
  begin()
  for (let tick = 0; tick < ticks; tick++) await null
  end()
  if (fails) throw new Error('no')
}

test('calls never overlap and keep their order, whatever they take and whether they fail', async () => {
  const calls = fc.array(fc.record({ ticks: fc.nat(5), fails: fc.boolean() }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(calls, async (asked) => {
      const locally = oneAtATime()
      const events: string[] = []
      const results = await Promise.allSettled(
        asked.map(({ ticks, fails }, at) =>
          locally(() =>
            call(
              ticks,
              fails,
              () => events.push(`begin ${at}`),
              () => events.push(`end ${at}`),
            ),
          ),
        ),
      )
      expect(events).toEqual(asked.flatMap((_, at) => [`begin ${at}`, `end ${at}`]))
      expect(results.map(({ status }) => status === 'rejected')).toEqual(asked.map(({ fails }) => fails))
    }),
  )
})

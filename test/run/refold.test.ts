import { readFileSync } from 'node:fs'
import path from 'node:path'
import { defaultPayloadConverter } from '@temporalio/client'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { describe, expect, test } from 'vitest'
import type { Decode, HistoryEvent } from '../../activities/run/history-payload.ts'
import { recordedState } from '../../activities/run/recorded-start.ts'
import { recordedSteps } from '../../activities/run/recorded-steps.ts'
import { commonGeneration, refold } from '../../activities/run/refold.ts'
import type { RunState } from '../../temporal/run-state.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { populationDigest } from '../../workflows/digest.ts'
import { repoRoot } from '../support/engine.ts'

const decode: Decode = async (payload) => (payload ? defaultPayloadConverter.fromPayload(payload) : undefined)

const eventsOf = (name: string): HistoryEvent[] => {
  const file = path.join(repoRoot, 'test/histories', `${name}.json`)
  return historyFromJSON(JSON.parse(readFileSync(file, 'utf8'))).events ?? []
}

const begun = async (name: string): Promise<RunState> => {
  const state = await recordedState(eventsOf(name), decode)
  if (state === null) throw new Error(`${name} begins with no state`)
  return state
}

const folded = async (state: RunState, name: string, generation = Number.POSITIVE_INFINITY): Promise<boolean> =>
  await refold(state, await recordedSteps(eventsOf(name), decode), generation)

/** What a run's results decide: messages and clocks are not folded. Who scored was not noted when these were recorded. */
const decided = ({ islands, lineage, ledger, confirmations, initial, chip }: RunState) => {
  const { measuredBy: _, ...counted } = ledger
  return { ...{ islands, lineage, confirmations, initial, chip }, ledger: counted }
}

describe('the results in a recorded history', () => {
  test.each(['evolution', 'timed'])('of %s fold into what its first execution carried over', async (name) => {
    const state = await begun(`${name}-1`)
    expect(await folded(state, `${name}-1`)).toBe(false)
    expect(decided(state)).toEqual(decided(await begun(`${name}-2`)))
  })

  test('say by what kind of worker they were scored', async () => {
    const state = await begun('timed-1')
    await folded(state, 'timed-1')
    expect(state.ledger.measuredBy).toEqual(['mlx 0.0, Fake M1'])
  })

  test('of a run before programs were confirmed on the way do, too', async () => {
    const state = await begun('timed-version-1-1')
    await folded(state, 'timed-version-1-1')
    expect(state.islands).toEqual((await begun('timed-version-1-2')).islands)
  })

  test.each(['evolution', 'timed'])('of %s fold into the population that it ended with', async (name) => {
    const state = await begun(`${name}-1`)
    await folded(state, `${name}-1`)
    await folded(state, `${name}-2`)
    const end = eventsOf(`${name}-2`).at(-1)?.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0]
    const status = (await decode(end)) as RunStatus
    expect(populationDigest(state)).toBe(status.digest)
    expect(state.confirmations.records).toEqual(status.confirmations?.records ?? [])
  })
})

test('up to a generation, what islands did beyond is left out, and what was carried over changes nothing', async () => {
  const carried = await begun('evolution-2')
  const at = Math.max(...carried.islands.map(({ generation }) => generation))
  const whole = await begun('evolution-1')
  for (const name of ['evolution-1', 'evolution-2']) await folded(whole, name, at)
  await folded(carried, 'evolution-2', at)
  expect(commonGeneration(whole)).toBe(at)
  expect(whole.islands).toEqual(carried.islands)
  const early = await begun('evolution-1')
  expect(await folded(early, 'evolution-1', 1)).toBe(true)
  expect(early.islands.map(({ generation }) => generation)).toEqual(early.islands.map(() => 1))
  expect(early.islands.flatMap(({ programs }) => programs).every(({ generation }) => generation <= 1)).toBe(true)
})

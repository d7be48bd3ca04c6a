import { describe, expect, test } from 'vitest'
import type { RunState } from '../../temporal/run-state.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { type RunStateV1, upgradePopulation, upgradeState, upgradeStatus } from '../../temporal/upgrade.ts'

const speedup = { eager: { median: 1.2, low: 1.1, high: 1.3, pairs: 40 }, compiled: null }
const confirmed = { id: 'i0-g1-d0', hash: 'ab'.repeat(32), speedup }
const carried = (more: object): RunStateV1 =>
  ({
    version: 1,
    config: { problem: 'p', islands: 2 },
    chip: 'M4',
    confirmed: null,
    initial: { score: 1 },
    ledger: { evaluated: 14 },
    control: { paused: 'by a person', stopping: false },
    islands: [
      { generation: 3, drawn: 6 },
      { generation: 4, drawn: 7 },
    ],
    ...more,
  }) as never

describe('carried state of version 1', () => {
  test('gets what this version knows, and keeps the rest', () => {
    const state = upgradeState(carried({}))
    expect(state).toMatchObject({
      version: 3,
      environment: { chip: 'M4' },
      control: { paused: 'by a person', spent: null },
    })
    expect(state.progress).toEqual({ checkedAt: 4, best: 1, since: 13 })
    expect(state.ledger).toEqual({ evaluated: 14, unresolved: 0 })
    expect(state.config).toMatchObject({
      islands: 2,
      heldOut: [],
      confirmation: { launches: 8 },
      budget: { hours: null },
    })
    expect(state.confirmations).toEqual({
      spent: 0,
      before: 0,
      atEnd: { generations: 0, tried: 0 },
      incumbent: null,
      records: [],
      heldOut: [],
    })
    expect(state).not.toHaveProperty('confirmed')
  })

  test('what it measured once more is no confirmation, and may become one', () => {
    const { spent, incumbent, records } = upgradeState(carried({ confirmed })).confirmations
    expect({ spent, incumbent }).toEqual({ spent: 1, incumbent: null })
    expect(records).toMatchObject([{ programId: 'i0-g1-d0', outcome: 'not measured', speedup }])
  })

  test('passes as it is once it is of this version', () => {
    const state = upgradeState(carried({}))
    expect(upgradeState(state)).toBe(state)
  })

  test('of this version, but from before candidates were set aside, has none of them', () => {
    const state = upgradeState(carried({}))
    const { unresolved: _, ...before } = state.ledger
    expect(upgradeState({ ...state, ledger: before } as RunState)).toEqual(state)
  })

  test('of a version to come is refused', () => {
    expect(() => upgradeState(carried({ version: 4 }))).toThrow('version 4, this code knows 1 to 3')
  })
})

test('a final population of before has confirmed nothing', () => {
  const population = upgradePopulation({ config: { problem: 'p' }, chip: null } as never)
  expect(population).toMatchObject({ environment: {}, confirmations: { spent: 0, incumbent: null } })
  expect(upgradePopulation({ ...population, confirmations: { ...population.confirmations, spent: 3 } })).toMatchObject({
    confirmations: { spent: 3 },
  } satisfies Partial<Record<keyof RunState, unknown>>)
})

test('a status of before tells of screened figures only', () => {
  const best = { programId: 'i0-g1-d0', score: 1.1, speedup, confirmed: true }
  const status = upgradeStatus({ id: 'old', best, ledger: null } as never)
  expect(status).toMatchObject({ id: 'old', confirmations: null, best: { confirmed: false, speedup: null } })
  expect(status.best?.screened).toEqual(speedup)
  const now = { ...status, confirmations: { spent: 1 } } as unknown as RunStatus
  expect(upgradeStatus(now)).toBe(now)
})

import { expect, test } from 'vitest'
import { heldOutTable } from '../../activities/run/report-tables.ts'
import type { ExportInput } from '../../temporal/run-activities.ts'
import type { HeldOutRecord } from '../../temporal/run-state.ts'

const heldOut = (outcome: HeldOutRecord['outcome'], reason: string, low?: number): HeldOutRecord => ({
  ...{ preset: 'wide', programId: 'p', hash: 'h', outcome, reason },
  speedup:
    low === undefined
      ? null
      : { eager: { median: low + 0.1, low, high: low + 0.2, pairs: 9, launches: 0 }, compiled: null, incumbent: null },
})

const lastCell = (record: HeldOutRecord): string | undefined => {
  const input = { best: { hash: 'h' }, status: { confirmations: { heldOut: [record] } } } as unknown as ExportInput
  return heldOutTable(input).at(-2)?.split('|').at(-2)?.trim()
}

test.each([
  ['helps', heldOut('scored', '', 1.01)],
  ['slows down', heldOut('scored', '', 0.7)],
  ['no difference shown', heldOut('scored', '', 0.95)],
  ['fails: rejected at stage correctness: wrong', heldOut('fails', 'rejected at stage correctness: wrong')],
  ['not measured: no worker', heldOut('not measured', 'no worker')],
])('a workload on which the winner "%s"', (verdict, record) => {
  expect(lastCell(record)).toBe(verdict)
})

test('figures of a program that is not the best any more are left out', () => {
  const record = { ...heldOut('scored', '', 1.01), hash: 'other' }
  expect(lastCell(record)).toBeUndefined()
})

import { expect, test } from 'vitest'
import { judgePeer } from '../../scripts/chaos/beside.ts'
import type { PeerRecord } from '../../scripts/chaos/openevolve.ts'
import { peerRow, peerSummary } from '../../scripts/chaos/table.ts'

const record = (changed: Partial<PeerRecord> = {}): PeerRecord => ({
  ...{ id: 'openevolve-1', kills: 5, calls: 60, evaluations: 61, exitCode: 0, kept: 60, seconds: 101.6 },
  ...changed,
})
const undisturbed = record({ id: 'openevolve-undisturbed', kills: 0 })

test('a peer lost what it made beyond the undisturbed run', () => {
  const verdict = judgePeer(record({ calls: 83, evaluations: 79 }), undisturbed)
  expect(verdict).toMatchObject({ finished: true, lost: { calls: 23, evaluations: 18 } })
  expect(peerRow(verdict)).toBe(
    '| openevolve-1 | its newest checkpoint | all, 5 times | yes | – | 23 | 18 | – | – | 102 |',
  )
})

test.each([
  ['an iteration is missing at its end', { kept: 30 }],
  ['it gave up', { exitCode: 1 }],
])('it did not finish where %s', (_, changed) => {
  const verdict = judgePeer(record(changed), undisturbed)
  expect(verdict.finished).toBe(false)
  expect(peerRow(verdict)).toContain('| **no** |')
})

test('what all lost, and each at least and at most', () => {
  const verdicts = [70, 83].map((calls) => judgePeer(record({ calls }), undisturbed))
  expect(peerSummary(verdicts)).toBe(
    'OpenEvolve: 10 kills cost 33 (10 to 23 a run) model calls and 0 (0 to 0 a run) evaluations.',
  )
})

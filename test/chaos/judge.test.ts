import { expect, test } from 'vitest'
import { judge } from '../../scripts/chaos/judge.ts'
import type { Happening } from '../../scripts/chaos/processes.ts'
import type { RoundRecord, RunRecord } from '../../scripts/chaos/round.ts'
import { row, summary } from '../../scripts/chaos/table.ts'
import type { RunStatus } from '../../temporal/run-status.ts'

const status = (digest: string) => ({ phase: 'completed', iterations: 4, digest, seconds: 9 }) as RunStatus
const at = (victim: Happening['victim'], when: number): Happening => ({ victim, pid: 1, at: when })
const attempt = (number: number, startedAt: number) => ({
  ...{ workflow: 'run', activity: '1', type: 'evaluate', attempt: number, startedAt },
})

const run = (changed: Partial<RunRecord> = {}): RunRecord => ({
  ...{ id: 'run', begun: 'command line', status: status('same'), lost: [] },
  ledger: [{ key: 'call', keptAt: 900 }],
  attempts: [attempt(0, 900), attempt(1, 1000), attempt(2, 9000)],
  ...changed,
})

const round = (changed: Partial<RoundRecord> = {}, ...runs: RunRecord[]): RoundRecord => ({
  planned: 1,
  kills: [at('mlx', 2000)],
  ended: [],
  arrivals: [at('mlx', 500), at('mlx', 3000)],
  calls: [{ key: 'call', receivedAt: 100, answeredAt: 800 }],
  evaluations: ['a', 'b', 'b'],
  runs: runs.length === 0 ? [run()] : runs,
  ...changed,
})

const undisturbed = round({ planned: 0, kills: [], evaluations: ['a', 'b'] })
const failuresOf = (disturbed: RoundRecord) => judge(disturbed, undisturbed)[0]?.failures

test('a run that keeps its promises has no failures, and a row that says so', () => {
  const [verdict] = judge(round(), undisturbed)
  expect(verdict).toMatchObject({ failures: [], longest: { what: 'evaluate', ms: 6000 }, restarts: 1 })
  if (verdict === undefined) throw new Error('no verdict')
  expect(row(verdict)).toBe('| run | command line | 0, 1, 0 | yes | yes | 0, 0, 0 | 1, 1 | 1 | 6.0 (evaluate) | 9 |')
  expect(summary([verdict])).toMatch(/^1 of 1 runs keep every promise\. .* within 6\.0 s\.$/)
})

test.each<[string, RoundRecord]>([
  ['it did not finish', round({}, run({ status: null }))],
  ["its population is not the undisturbed run's", round({}, run({ status: status('other') }))],
  ['ended by themselves: orchestrator (exit code 1)', round({ ended: ['orchestrator (exit code 1)'] })],
  ['1 of 2 kills were made', round({ planned: 2 })],
  ['2 evaluations were repeated, 1 may be', round({ evaluations: ['a', 'a', 'b', 'b'] })],
  ['evaluate started again after 11000 ms', round({}, run({ attempts: [attempt(1, 1000), attempt(2, 14_000)] }))],
  [
    '1 model calls were repeated whose reply was in the ledger',
    round({ calls: [950, 100].map((receivedAt) => ({ key: 'call', receivedAt, answeredAt: receivedAt + 1 })) }),
  ],
  [
    '1 model calls were repeated though no orchestrator had died',
    round({ calls: [100, 200].map((receivedAt) => ({ key: 'call', receivedAt, answeredAt: null })) }),
  ],
])('%s', (failure, disturbed) => {
  expect(failuresOf(disturbed)).toContainEqual(expect.stringContaining(failure))
})

test('a run that a bare client started may take its time', () => {
  const attempts = [attempt(1, 1000), attempt(2, 14_000)]
  expect(failuresOf(round({}, run({ attempts, begun: 'bare client' })))).toEqual([])
})

import { stripVTControlCharacters } from 'node:util'
import { defaultPayloadConverter } from '@temporalio/common'
import proto from '@temporalio/proto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Decode } from '../../activities/run/history-payload.ts'
import { type Pending, readPending } from '../../scripts/cli/pending-activity.ts'
import { type Surroundings, showProgress, showProgressLine, showSummary } from '../../scripts/cli/progress.ts'
import { clip, fitTerminal } from '../../scripts/cli/terminal.ts'
import { describePending } from '../../scripts/cli/waiting.ts'
import type { IslandStatus, RunStatus } from '../../temporal/run-status.ts'

const { PendingActivityState } = proto.temporal.api.enums.v1
const now = Date.parse('2026-01-31T10:15:00Z')

const island = (index: number, generation: number, quota: number, activity: string): IslandStatus => ({
  island: index,
  generation,
  iterations: generation,
  quota,
  programs: 1,
  best: 1 / 3,
  activity,
})

const status: RunStatus = {
  id: 'demo',
  problem: 'mlx_training',
  phase: 'running',
  reason: '',
  iterations: 6,
  iterationsWanted: 24,
  evaluated: 7,
  modelCalls: 0,
  mutator: 'offline',
  best: {
    programId: 'i0-g1-d0',
    score: 1.115,
    confirmed: false,
    speedup: null,
    screened: {
      eager: { median: 1.132, low: 1.115, high: 1.15, pairs: 300, launches: 0 },
      compiled: null,
      incumbent: null,
    },
  },
  confirmations: null,
  digest: '',
  seconds: 75,
  startedAt: now - 75_000,
  deviceBusy: 0.874,
  islands: [
    island(0, 9, 6, 'generation 10 since 2026-01-31T10:14:48.000Z'),
    island(1, 10, 120, 'waiting for migrants of island 0 at generation 4'),
  ],
  ledger: null,
  retentionDays: 90,
  ignored: ['extend: iterations: too small'],
}

const around: Surroundings = { waiting: new Map(), now }
const lines = (surroundings = around, of = status): string[] =>
  stripVTControlCharacters(showProgress(of, surroundings)).split('\n')

describe('the live view', () => {
  test('says what is going on, in columns', () => {
    expect(lines()).toEqual([
      'demo  running',
      '  ██████░░░░░░░░░░░░░░░░░░ 6/24 iterations  7 evaluated  1:15',
      '  mutator offline (built in, no language model)   device busy 87 %',
      '  best i0-g1-d0  screened 1.132× [1.115, 1.150] over stock eager MLX, not confirmed',
      '  island 0  gen  9     9/6  best 0.33333  generation 10, 12 s',
      '  island 1  gen 10  10/120  best 0.33333  waiting for migrants of island 0 at generation 4',
      '  ignored signal extend: iterations: too small',
    ])
  })

  test('counts what waits alike, by the oldest', () => {
    const waits = (since: number) => ({ what: 'evaluate waits for the device', since })
    const waiting = new Map([[0, [waits(now - 3000), waits(now - 9000), { what: 'mutateOffline', since: null }]]])
    expect(lines({ ...around, waiting })[4]).toContain('2 × evaluate waits for the device, 9 s · mutateOffline')
  })

  test('shows candidates that were set aside', () => {
    const ledger = { unresolved: 2 } as RunStatus['ledger']
    expect(lines(around, { ...status, ledger })[1]).toContain('7 evaluated, 2 unresolved  1:15')
  })

  test('promises nothing before the problem is loaded', () => {
    const young = { ...status, iterations: 0, iterationsWanted: 0, best: null, islands: [], deviceBusy: null }
    expect(lines(around, { ...young, reason: 'loading the problem' }).slice(0, 2)).toEqual([
      'demo  running  loading the problem',
      `  ${'░'.repeat(24)} preparing  1:15`,
    ])
    expect(showProgressLine({ ...young, reason: 'loading the problem' })).toBe('running (loading the problem)')
  })
})

describe('a pending activity', () => {
  const decode: Decode = async (payload) => (payload ? defaultPayloadConverter.fromPayload(payload) : undefined)
  const describeActivity = async (activity: object, mlxWorkers: number) =>
    describePending(await readPending(activity as Pending['activity'], decode), mlxWorkers)
  const pending = { activityType: { name: 'evaluate' }, attempt: 1, scheduledTime: { seconds: now / 1000 } }
  const scheduled = { ...pending, state: PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED }

  test('waits for the device, or for somebody who has one', async () => {
    expect(await describeActivity(scheduled, 1)).toEqual({ what: 'evaluate waits for the device', since: now })
    expect((await describeActivity(scheduled, 0)).what).toBe('evaluate waits: no MLX worker polls')
  })

  test('that was tried before tells how often, and why not in vain', async () => {
    const again = { ...scheduled, attempt: 3, lastFailure: { message: 'activity\n  Heartbeat timeout' } }
    const { what } = await describeActivity(again, 1)
    expect(what).toBe('evaluate waits for the device, attempt 3 after: activity Heartbeat timeout')
  })

  test('that runs says at which phase it is', async () => {
    const data = new TextEncoder().encode(JSON.stringify({ phase: 'timing', since: now - 1000 }))
    const payload = { metadata: { encoding: new TextEncoder().encode('json/plain') }, data }
    const started = { ...pending, state: PendingActivityState.PENDING_ACTIVITY_STATE_STARTED }
    const beating = { ...started, heartbeatDetails: { payloads: [payload] } }
    expect(await describeActivity(beating, 1)).toEqual({ what: 'evaluate: timing', since: now - 1000 })
    expect(await describeActivity(started, 1)).toEqual({ what: 'evaluate', since: null })
  })
})

describe('a terminal', () => {
  const coloured = fc
    .array(fc.tuple(fc.string({ unit: 'grapheme-ascii' }), fc.constantFrom('\u001b[1m', '\u001b[22m', '')))
    .map((pieces) => pieces.flat().join('').replaceAll('\n', ' '))

  test('no line is wider than it, and none is touched that fits', () => {
    fc.assert(
      fc.property(coloured, fc.integer({ min: 2, max: 60 }), (line, columns) => {
        const plain = stripVTControlCharacters(line)
        const cut = stripVTControlCharacters(clip(line, columns))
        expect(cut).toBe(plain.length <= columns ? plain : `${plain.slice(0, columns - 1)}…`)
      }),
    )
  })

  test('no more lines than it has, the last one telling how many are missing', () => {
    const text = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n')
    const shown = fitTerminal(text, { columns: 80, rows: 10 }).split('\n')
    expect(shown).toHaveLength(9)
    expect(shown.at(-1)).toBe('  … 22 more lines')
    expect(fitTerminal(text, { columns: 80, rows: 40 })).toBe(text)
  })
})

test('the summary tells a preset that could not be measured from one on which the winner was refused', () => {
  const of = { programId: 'i0-g1-d0', hash: 'h', speedup: null }
  const heldOut = [
    { ...of, preset: 'wide', outcome: 'not measured' as const, reason: 'no worker' },
    { ...of, preset: 'large', outcome: 'fails' as const, reason: 'rejected at stage memory: too much' },
  ]
  const confirmations = { spent: 1, current: null, promising: null, records: [], heldOut }
  const text = stripVTControlCharacters(showSummary({ ...status, confirmations }, null))
  expect(text).toContain('held out    wide: not measured: no worker')
  expect(text).toContain('held out    large: fails: rejected at stage memory: too much')
})

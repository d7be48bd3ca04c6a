import { msToTs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import { describe, expect, test } from 'vitest'
import { type Attempt, startedAttempts } from '../../scripts/chaos/attempts.ts'
import { readHistory } from '../../scripts/chaos/histories.ts'
import { excess } from '../../scripts/chaos/judge.ts'
import { repeatedCalls } from '../../scripts/chaos/model-calls.ts'
import type { Happening } from '../../scripts/chaos/processes.ts'
import { type Lost, lostAttempts, outages, restartMs } from '../../scripts/chaos/restarts.ts'

const { PendingActivityState, TimeoutType } = proto.temporal.api.enums.v1

const kill = (victim: Happening['victim'], at: number): Happening => ({ victim, pid: 1, at })

describe('how long what was lost took to start again', () => {
  const lost: Lost = { what: 'evaluate', worker: 'mlx', from: 10_000, again: 20_000 }
  const out = (victim: Happening['victim'], at: number, until: number) => ({ victim, at, until })

  test('counts from the moment when the last process that it needs was back', () => {
    expect(restartMs(lost, [out('mlx', 11_000, 13_000)])).toBe(7000)
    expect(restartMs(lost, [out('mlx', 11_000, 13_000), out('server', 12_000, 16_000)])).toBe(4000)
    expect(restartMs(lost, [out('mlx', 11_000, 13_000), out('orchestrator', 12_000, 16_000)])).toBe(7000)
    expect(restartMs(lost, [out('mlx', 11_000, 21_000)])).toBe(0)
  })

  test('is nothing where no kill explains it', () => {
    expect(restartMs(lost, [out('mlx', 1000, 3000), out('mlx', 21_000, 22_000)])).toBeNull()
    expect(restartMs(lost, [out('orchestrator', 11_000, 13_000)])).toBeNull()
  })

  test('a kill ends with the next arrival of its kind', () => {
    const arrivals = [kill('mlx', 500), kill('mlx', 4000), kill('server', 2000), kill('mlx', 3000)]
    expect(outages([kill('mlx', 1000), kill('orchestrator', 1000)], arrivals)).toEqual([
      out('mlx', 1000, 3000),
      out('orchestrator', 1000, Number.POSITIVE_INFINITY),
    ])
  })

  const attempt = (number: number, startedAt: number, activity = '1'): Attempt => ({
    ...{ workflow: 'run', activity, type: 'evaluate', attempt: number, startedAt },
  })

  test('every attempt that another one followed was lost', () => {
    const seen = [attempt(2, 200), attempt(1, 100), attempt(0, 90), attempt(2, 200), attempt(3, 300)]
    expect(lostAttempts(seen).map(({ from, again }) => [from, again])).toEqual([
      [100, 200],
      [200, 300],
    ])
  })

  test('where nobody saw the first, it stands for when the activity was asked for', () => {
    expect(lostAttempts([attempt(0, 90), attempt(2, 200)]).map(({ from, again }) => [from, again])).toEqual([[90, 200]])
    expect(lostAttempts([attempt(0, 90), attempt(1, 100), attempt(0, 95, '2'), attempt(1, 99, '2')])).toEqual([])
  })
})

test('pending activities tell of the attempt that runs, or of the one before', () => {
  const { PENDING_ACTIVITY_STATE_STARTED: started, PENDING_ACTIVITY_STATE_SCHEDULED: scheduled } = PendingActivityState
  const pending = (state: number, attempt: number, startedAt: number | null) => ({
    ...{ activityId: '1', activityType: { name: 'evaluate' }, state, attempt },
    lastStartedTime: startedAt === null ? null : msToTs(startedAt),
  })
  const seen = startedAttempts('run', [
    pending(started, 2, 500),
    pending(scheduled, 3, 700),
    pending(scheduled, 1, null),
  ])
  expect(seen.map(({ attempt, startedAt }) => [attempt, startedAt])).toEqual([
    [2, 500],
    [2, 700],
  ])
})

test('a history names last attempts, lost workflow tasks and children', () => {
  const event = (at: number, attributes: object) => ({ eventTime: msToTs(at), ...attributes })
  const timedOut = (timeoutType: number) => ({ workflowTaskTimedOutEventAttributes: { timeoutType } })
  const { attempts, lost, children } = readHistory('run', {
    events: [
      event(1000, { workflowTaskStartedEventAttributes: {} }),
      event(6000, timedOut(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE)),
      event(6500, { workflowTaskStartedEventAttributes: {} }),
      event(7000, { workflowTaskStartedEventAttributes: {} }),
      event(8000, timedOut(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START)),
      event(8100, { workflowTaskStartedEventAttributes: {} }),
      event(8200, {
        eventId: 7,
        activityTaskScheduledEventAttributes: { activityId: '3', activityType: { name: 'evaluate' } },
      }),
      event(9000, { activityTaskStartedEventAttributes: { scheduledEventId: 7, attempt: 2 } }),
      event(9100, { childWorkflowExecutionStartedEventAttributes: { workflowExecution: { workflowId: 'child' } } }),
    ] as proto.temporal.api.history.v1.IHistoryEvent[],
  })
  expect(lost).toEqual([{ what: 'workflow task', worker: 'orchestrator', from: 1000, again: 6500 }])
  expect(attempts.map(({ attempt, startedAt }) => [attempt, startedAt])).toEqual([
    [0, 8200],
    [2, 9000],
  ])
  expect(children).toEqual(['child'])
})

describe('repeated model calls', () => {
  const call = (receivedAt: number, answeredAt: number | null, key = 'a') => ({ key, receivedAt, answeredAt })
  const kept = (keptAt: number | null) => [{ key: 'a', keptAt }]
  const deaths = outages(
    [kill('orchestrator', 200), kill('server', 900)],
    [kill('orchestrator', 280), kill('server', 950)],
  )

  test('are explained by the death of the orchestrator that waited for the reply', () => {
    const calls = [call(100, null), call(300, 400), call(150, 160, 'b')]
    expect(repeatedCalls(calls, kept(410), deaths)).toEqual({ repeated: 1, onTheWay: 0, kept: 0, unexplained: [] })
    expect(repeatedCalls([call(100, 190), call(300, 400)], kept(410), deaths)).toMatchObject({ onTheWay: 1, kept: 0 })
  })

  test('are explained where the request of the orchestrator that died was read after its death', () => {
    expect(repeatedCalls([call(203, null), call(300, 400)], kept(410), deaths)).toMatchObject({ unexplained: [] })
    // Nobody was there to ask again.
    const twice = repeatedCalls([call(203, null), call(270, 400)], kept(410), deaths)
    expect(twice).toMatchObject({ unexplained: [[203, 270]] })
  })

  test('are paid for twice where the reply was kept', () => {
    expect(repeatedCalls([call(100, 150), call(300, 400)], kept(160), deaths)).toMatchObject({ repeated: 1, kept: 1 })
  })

  test('are unexplained where only a server died, or nobody', () => {
    expect(repeatedCalls([call(800, null), call(1000, 1100)], kept(1110), deaths)).toMatchObject({
      unexplained: [[800, 1000]],
    })
    expect(repeatedCalls([call(300, null), call(400, 500)], kept(510), deaths)).toMatchObject({
      unexplained: [[300, 400]],
    })
  })
})

test('only what is beyond the undisturbed runs was evaluated again', () => {
  expect(excess(['a', 'b', 'b', 'c'], ['a', 'b', 'c'], 1)).toBe(1)
  expect(excess(['a', 'a', 'b'], ['a', 'b'], 2)).toBe(0)
  expect(excess(['x', 'a'], ['a'], 1)).toBe(1)
})

import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, test } from 'vitest'
import type { Ended, LaunchEvent } from '../../activities/evaluation/launch-events.ts'
import { emptyReport, phaseOf, withEvent } from '../../activities/evaluation/launch-events.ts'
import { classify } from '../../activities/evaluation/outcome.ts'
import { evaluation } from '../../temporal/evaluation.ts'

const context = {
  evaluator: 'function' as const,
  timeoutSeconds: 30,
  environment: { chip: 'c', mlx: 'unknown' },
  launcher: 'exit code 0',
}
const device: LaunchEvent = { event: 'device', startedAt: 1000 }
const speaking: LaunchEvent = { event: 'phase', phase: 'timing' }
const ended = (more: Partial<Ended> = {}): Ended => ({
  event: 'ended',
  how: 'exit',
  code: 0,
  signal: null,
  seconds: 2,
  left: 0,
  stdout: 'out',
  stderr: 'first\nlast\n',
  ...more,
})
const result = (more: object = {}): LaunchEvent => ({
  event: 'result',
  result: { verdict: 'rejected', stage: 'reached', reason: 'matmul was never called', artifacts: {}, ...more },
})
const outcome = (...events: LaunchEvent[]) =>
  evaluation.parse(classify(events.reduce(withEvent, emptyReport()), context))

describe('the sandbox', () => {
  test('is recorded, and a limit that was exceeded is a verdict, of the training harness too', () => {
    const limit = ended({ how: 'limit', code: null, reason: 'started more than 64 processes', sandbox: 'bubblewrap' })
    for (const evaluator of ['function', 'training'] as const) {
      const report = [device, speaking, limit].reduce(withEvent, emptyReport())
      expect(classify(report, { ...context, evaluator })).toMatchObject({
        verdict: 'failed',
        stage: 'crash',
        reason: 'started more than 64 processes',
        environment: { sandbox: 'bubblewrap' },
      })
    }
  })

  test('that cannot be had is no verdict, and no other attempt gets it', () => {
    expect(() => outcome(ended({ how: 'refused', code: null, reason: 'install bubblewrap' }))).toThrow(
      expect.objectContaining({ type: 'SandboxRefused', nonRetryable: true, message: 'install bubblewrap' }),
    )
  })
})

describe('a reported result', () => {
  test('becomes the evaluation, with what the worker knows; the evaluation knows better', () => {
    expect(outcome(device, speaking, result({ environment: { mlx: '0.32' } }), ended())).toEqual({
      verdict: 'rejected',
      stage: 'reached',
      reason: 'matmul was never called',
      artifacts: {},
      seconds: 2,
      startedAt: 1000,
      environment: { chip: 'c', mlx: '0.32' },
    })
  })

  test('of the training harness keeps speedups and calls', () => {
    const ratio = { median: 1.2, low: 1.1, high: 1.3, pairs: 40 }
    const scored = {
      verdict: 'scored',
      stage: 'complete',
      reason: 'r',
      score: 1.1,
      metrics: { steps: 3 },
      speedup: { eager: ratio, compiled: null },
      calls: { matmul: { forward: 4, backward: 8 } },
    }
    expect(outcome(device, { event: 'result', result: scored }, ended())).toMatchObject({ ...scored, artifacts: {} })
  })

  test('counts although the process then hung or crashed', () => {
    expect(outcome(device, result(), ended({ how: 'timeout', code: null }))).toMatchObject({ verdict: 'rejected' })
    expect(outcome(device, result(), ended({ how: 'signal', code: null, signal: 11 })).verdict).toBe('rejected')
  })

  test('that is invalid fails the program, naming the field', () => {
    const infinite = outcome(device, result({ verdict: 'scored', stage: 'complete', score: '7' }), ended())
    expect(infinite).toMatchObject({ verdict: 'failed', stage: 'evaluate' })
    expect(infinite.reason).toMatch(/invalid result: result\.score: .*expected number.*found \{"verdict":"scored"/)
    expect(outcome(device, { event: 'result', result: 'fine' }, ended()).reason).toContain('found "fine"')
    expect(outcome(device, { event: 'result', result: undefined }, ended()).reason).toContain('invalid result')
  })

  test('must be the only one', () => {
    expect(outcome(device, result(), result(), ended())).toMatchObject({
      verdict: 'failed',
      stage: 'evaluate',
      reason: 'the evaluator reported 2 results, expected one',
    })
  })
})

describe('without a result', () => {
  test.each([
    [ended({ how: 'timeout', code: null }), 'timeout', 'not finished after 30 s on the device'],
    [ended({ how: 'signal', code: null, signal: 11 }), 'crash', 'killed by SIGSEGV before it reported a result: last'],
    [ended({ how: 'signal', code: null, signal: 63 }), 'crash', 'killed by signal 63'],
    [ended({ code: 4, stderr: '' }), 'crash', 'exited with code 4 before it reported a result'],
    [ended({ code: 0 }), 'crash', 'exited with code 0 before it reported a result: last'],
    [ended({ left: 2 }), 'crash', 'left 2 processes behind'],
  ])('%#: the way it ended is the verdict', (end, stage, reason) => {
    const verdict = outcome(device, speaking, end)
    expect(verdict).toMatchObject({ verdict: 'failed', stage })
    expect(verdict.reason).toContain(reason)
    expect(verdict.artifacts.stdout).toBe('out')
  })

  test('garbage on the event channel is named', () => {
    const verdict = outcome(device, { event: 'garbage', reason: 'no JSON: hello' }, ended())
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'evaluate' })
    expect(verdict.reason).toContain('no JSON: hello')
  })

  test.each([
    ['no ended event', [device, speaking]],
    ['no device', [ended({ how: 'abandoned' })]],
    ['abandoned by someone else', [device, speaking, ended({ how: 'abandoned' })]],
    ['an evaluation that never began', [device, ended({ code: 1 })]],
  ])('%s is infrastructure trouble, thrown and retryable', (_, events) => {
    const attempt = () => outcome(...events)
    expect(attempt).toThrow(ApplicationFailure)
    expect(attempt).toThrow(expect.objectContaining({ type: 'EvaluationLost', nonRetryable: false }))
  })
})

describe('the training harness', () => {
  const harness = (...events: LaunchEvent[]) =>
    evaluation.parse(classify(events.reduce(withEvent, emptyReport()), { ...context, evaluator: 'training' }))

  test('is trusted: where it gives up itself, the candidate is not to blame', () => {
    expect(() => harness(device, speaking, ended({ code: 1 }))).toThrow(
      expect.objectContaining({
        type: 'EvaluationLost',
        nonRetryable: false,
        message: expect.stringContaining('last'),
      }),
    )
    expect(() => harness(device, ended({ code: 2, stderr: 'options.preset: unknown' }))).toThrow(
      expect.objectContaining({ type: 'InvalidEvaluation', nonRetryable: true, message: 'options.preset: unknown' }),
    )
  })

  test('may still be stopped or killed by what a candidate does', () => {
    expect(harness(device, speaking, ended({ how: 'timeout', code: null }))).toMatchObject({ stage: 'timeout' })
    expect(harness(device, speaking, ended({ how: 'signal', code: null, signal: 9 }))).toMatchObject({ stage: 'crash' })
  })
})

test('phases are what people read', () => {
  expect(phaseOf({ event: 'waiting' })).toBe('waiting for the device')
  expect(phaseOf(device)).toBe('starting')
  expect(phaseOf(speaking)).toBe('timing')
  expect(phaseOf({ event: 'phase', phase: { odd: 1 } })).toBeUndefined()
  expect(phaseOf(ended())).toBeUndefined()
})

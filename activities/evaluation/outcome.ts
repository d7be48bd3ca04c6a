import os from 'node:os'
import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'
import type { Evaluation } from '../../temporal/evaluation.ts'
import { failed, rejected, scored } from '../../temporal/evaluation.ts'
import type { ProblemConfig } from '../../temporal/problem.ts'
import { boundArtifacts, boundReason } from './artifacts.ts'
import type { Ended, LaunchReport } from './launch-events.ts'

const measured = { seconds: true, startedAt: true, environment: true } as const
/** What evaluations may leave to the worker, or add to what the worker knows. */
const lenient = {
  artifacts: z.record(z.string(), z.string()).default({}),
  environment: z.record(z.string(), z.string()).default({}),
}

/** The result an evaluation reports: an `Evaluation` without what the worker measures. */
export const evaluationResult = z.discriminatedUnion('verdict', [
  scored.omit(measured).extend(lenient),
  rejected.omit(measured).extend(lenient),
  failed.omit(measured).extend(lenient),
])

type Verdict = Pick<Evaluation, 'verdict' | 'stage' | 'reason' | 'artifacts'> & { verdict: 'failed' }

const signalName = (number: number): string =>
  Object.entries(os.constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

const failure = (stage: 'evaluate' | 'timeout' | 'crash', reason: string): Verdict => ({
  verdict: 'failed',
  stage,
  reason,
  artifacts: {},
})

/** Infrastructure trouble: says nothing about the candidate, another attempt may go well. */
const lost = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'EvaluationLost', message, nonRetryable: false })

const crash = (ended: Ended): Verdict => {
  const last = lastLine(ended.stderr)
  const after = last ? `: ${last}` : ''
  if (ended.signal !== null) {
    return failure('crash', `killed by ${signalName(ended.signal)} before it reported a result${after}`)
  }
  return failure('crash', `exited with code ${ended.code} before it reported a result${after}`)
}

const invalidResult = (result: unknown, error: z.ZodError): Verdict => {
  const issue = error.issues[0]
  const field = ['result', ...(issue?.path ?? [])].join('.')
  const found = String(JSON.stringify(result)).slice(0, 200)
  return failure('evaluate', `the evaluator reported an invalid result: ${field}: ${issue?.message}; found ${found}`)
}

/** No attempt will go better until somebody mends the machine or the problem's options. */
const refused = (ended: Ended): ApplicationFailure =>
  ApplicationFailure.create({ type: 'SandboxRefused', message: ended.reason ?? 'no sandbox', nonRetryable: true })

/** Exit code of the training harness for a request that no attempt can satisfy. */
const badRequest = 2

/** The harness runs candidates in a process of their own: where it gives up itself, that is not the candidate's doing. */
const harnessGaveUp = (ended: Ended): ApplicationFailure => {
  const said = lastLine(ended.stderr)
  return ended.code === badRequest
    ? ApplicationFailure.create({ type: 'InvalidEvaluation', message: said, nonRetryable: true })
    : lost(`the training harness exited with code ${ended.code}: ${said}`)
}

/** A verdict on an evaluation that reported no result. */
const withoutResult = (report: LaunchReport, ended: Ended, context: OutcomeContext): Verdict => {
  if (ended.how === 'timeout') {
    return failure(
      'timeout',
      `not finished after ${context.timeoutSeconds} s on the device (evaluation.timeoutSeconds)`,
    )
  }
  if (ended.how === 'limit') return failure('crash', ended.reason ?? 'exceeded a limit')
  if (context.evaluator === 'training' && ended.how === 'exit') throw harnessGaveUp(ended)
  if (!report.spoke) {
    throw lost(`the evaluation ended before it began: ${crash(ended).reason}`)
  }
  const garbage = report.garbage[0]
  if (garbage !== undefined && ended.code === 0) {
    return failure('evaluate', `the evaluator wrote something else than its result: ${garbage}`)
  }
  return crash(ended)
}

const verdictOf = (report: LaunchReport, ended: Ended, context: OutcomeContext) => {
  if (ended.left > 0) return failure('crash', `left ${ended.left} processes behind that could not be killed`)
  if (report.results.length === 0) return withoutResult(report, ended, context)
  if (report.results.length > 1) {
    return failure('evaluate', `the evaluator reported ${report.results.length} results, expected one`)
  }
  const parsed = evaluationResult.safeParse(report.results[0])
  return parsed.success ? parsed.data : invalidResult(report.results[0], parsed.error)
}

const output = (ended: Ended): Record<string, string> => ({
  ...(ended.stderr.trim() ? { stderr: ended.stderr } : {}),
  ...(ended.stdout.trim() ? { stdout: ended.stdout } : {}),
})

/** What the worker knows besides the launcher's report. */
export interface OutcomeContext {
  evaluator: ProblemConfig['evaluator']
  timeoutSeconds: number
  /** Machine facts; the evaluation's own facts win. */
  environment: Record<string, string>
  /** How the launcher itself ended, for the message when it did not say how the evaluation did. */
  launcher: string
}

/**
 * The verdict that a launcher's report amounts to.
 * @throws ApplicationFailure where the report says nothing about the candidate: `EvaluationLost`, retryable, or
 * `InvalidEvaluation`, non-retryable, where the training harness refused its request; `SandboxRefused`,
 * non-retryable, where the sandbox that was asked for cannot be had.
 */
export const classify = (report: LaunchReport, context: OutcomeContext): Evaluation => {
  const { ended, startedAt } = report
  if (ended?.how === 'refused') throw refused(ended)
  if (ended === null || startedAt === null || ended.how === 'abandoned') {
    throw lost(`the launcher did not finish its evaluation: ${context.launcher}`)
  }
  const verdict = verdictOf(report, ended, context)
  const artifacts = verdict.verdict === 'failed' ? { ...verdict.artifacts, ...output(ended) } : verdict.artifacts
  return {
    ...verdict,
    reason: boundReason(verdict.reason),
    artifacts: boundArtifacts(artifacts),
    seconds: ended.seconds,
    startedAt,
    environment: {
      ...context.environment,
      ...(ended.sandbox ? { sandbox: ended.sandbox } : {}),
      ...('environment' in verdict ? verdict.environment : {}),
    },
  }
}

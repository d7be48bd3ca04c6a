import { proxyActivities } from '@temporalio/workflow'
import type { createEvaluationActivities } from '../activities/evaluation/evaluate.ts'
import { evaluationOptions } from '../temporal/activity-options.ts'
import type { EvaluateInput, Evaluation } from '../temporal/evaluation.ts'
import { evaluationProtocol } from '../temporal/evaluation-protocol.ts'
import type { Proposal } from '../temporal/program.ts'
import type { RunConfig } from '../temporal/run-config.ts'

const { evaluate } = proxyActivities<ReturnType<typeof createEvaluationActivities>>(evaluationOptions)

/** The run that an evaluation belongs to. */
export interface EvaluationContext {
  evolutionId: string
  problem: { name: string; hash: string }
  config: Pick<RunConfig, 'evaluation'>
}

/** What an evaluation asks for beyond a screening with the run's settings. */
export interface Asked
  extends Partial<Omit<EvaluateInput, 'protocol' | 'id' | 'source' | 'hash' | 'problem' | 'evolutionId'>> {
  seed: number
  /** How Temporal shows it. */
  summary: string
  /** Tries of what a run can do without; without a number Temporal tries until it works. */
  attempts?: number
}

const limited = (attempts?: number) =>
  attempts === undefined ? {} : { retry: { ...evaluationOptions.retry, maximumAttempts: attempts } }

/** Has a program evaluated on the queue of the device: a screening unless `asked` says more. */
export const askEvaluation = (
  { evolutionId, problem, config }: EvaluationContext,
  { id, source, hash }: Pick<Proposal, 'id' | 'source' | 'hash'>,
  { summary, attempts, ...asked }: Asked,
): Promise<Evaluation> =>
  evaluate.executeWithOptions({ summary: summary.slice(0, 200), ...limited(attempts) }, [
    {
      protocol: evaluationProtocol,
      id,
      source,
      hash,
      problem: { name: problem.name, hash: problem.hash },
      evolutionId,
      timeoutSeconds: config.evaluation.timeoutSeconds,
      options: config.evaluation.options,
      compiledAbove: null,
      purpose: 'screening',
      confirmation: null,
      ...asked,
    },
  ])

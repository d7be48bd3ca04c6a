import { ApplicationFailure } from '@temporalio/common'
import type { EvaluateInput } from '../../temporal/evaluation.ts'
import { evaluationProtocol } from '../../temporal/evaluation-protocol.ts'

/**
 * Refuses an evaluation that this worker is too old to read.
 * @throws ApplicationFailure `OtherVersion`, retryable: another worker may take it, or this one be replaced.
 */
export const assertSpoken = ({ protocol = 1 }: Pick<EvaluateInput, 'protocol'>): void => {
  if (protocol <= evaluationProtocol) return
  throw ApplicationFailure.create({
    type: 'OtherVersion',
    message:
      `asked in version ${protocol} of evaluations, this mlx worker has version ${evaluationProtocol}: ` +
      'it is older than the orchestrator; stop it and start it from the same checkout',
    nonRetryable: false,
  })
}

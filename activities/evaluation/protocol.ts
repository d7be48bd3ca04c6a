import { ApplicationFailure } from '@temporalio/common'
import { type EvaluateInput, evaluationProtocol } from '../../temporal/evaluation.ts'

/**
 * Refuses an evaluation that this worker would misread, or whose answer would be misread.
 * @throws ApplicationFailure `OtherVersion`, retryable: another worker may take it, or this one be replaced.
 */
export const assertSpoken = ({ protocol = 1 }: Pick<EvaluateInput, 'protocol'>): void => {
  if (protocol === evaluationProtocol) return
  const older = protocol > evaluationProtocol ? 'this mlx worker is older' : 'the orchestrator is older'
  throw ApplicationFailure.create({
    type: 'OtherVersion',
    message:
      `asked in version ${protocol} of evaluations, this worker has version ${evaluationProtocol}: ${older}; ` +
      'stop it and start it from the same checkout as the other',
    nonRetryable: false,
  })
}

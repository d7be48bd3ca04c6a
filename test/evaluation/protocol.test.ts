import { expect, test } from 'vitest'
import { assertSpoken } from '../../activities/evaluation/protocol.ts'
import { evaluationProtocol } from '../../temporal/evaluation-protocol.ts'

test('an evaluation in the version of this worker is taken, and one that has waited since before', () => {
  assertSpoken({ protocol: evaluationProtocol })
  assertSpoken({ protocol: evaluationProtocol - 1 })
  assertSpoken({})
})

test('one of a later version is refused, to be tried again elsewhere', () => {
  const refusal = expect.objectContaining({
    ...{ type: 'OtherVersion', nonRetryable: false },
    message: expect.stringContaining('it is older than the orchestrator'),
  })
  expect(() => assertSpoken({ protocol: evaluationProtocol + 1 })).toThrow(refusal)
})

import { expect, test } from 'vitest'
import { assertSpoken } from '../../activities/evaluation/protocol.ts'
import { evaluationProtocol } from '../../temporal/evaluation.ts'

test('an evaluation in the version of this worker is taken, and one from before there were versions', () => {
  assertSpoken({ protocol: evaluationProtocol })
  expect(evaluationProtocol).toBe(1) // else version 1 has to be refused here
  assertSpoken({})
})

test.each([
  [evaluationProtocol + 1, 'this mlx worker is older'],
  [evaluationProtocol - 1, 'the orchestrator is older'],
])('version %i is refused, to be tried again elsewhere: %s', (protocol, words) => {
  const refusal = expect.objectContaining({
    ...{ type: 'OtherVersion', nonRetryable: false },
    message: expect.stringContaining(words),
  })
  expect(() => assertSpoken({ protocol })).toThrow(refusal)
})

import { msToNumber } from '@temporalio/common/lib/time.js'
import { expect, test } from 'vitest'
import {
  evaluationOptions,
  modelMutationOptions,
  offlineMutationOptions,
  runOptions,
} from '../../temporal/activity-options.ts'

test('no activity waits out its whole time where its worker died', () => {
  for (const { heartbeatTimeout } of [
    runOptions,
    offlineMutationOptions,
    modelMutationOptions(300),
    evaluationOptions,
  ]) {
    expect(msToNumber(heartbeatTimeout ?? '1 day')).toBeLessThanOrEqual(5000)
  }
})

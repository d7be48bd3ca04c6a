import proto from '@temporalio/proto'
import { expect, test, vi } from 'vitest'
import { interceptors } from '../../workflows/interceptors.ts'

const { WorkflowActivation } = proto.coresdk.workflow_activation

type Job = NonNullable<Parameters<typeof WorkflowActivation.create>[0]>['jobs']

const [internals] = interceptors().internals ?? []

/** What the workflow is given of an activation with these jobs. */
const activate = (jobs: Job, isReplaying = false) => {
  const next = vi.fn()
  internals?.activate?.(
    { activation: WorkflowActivation.create({ jobs: jobs ?? [], isReplaying }), batchIndex: 0 },
    next,
  )
  return next
}

const local = { resolveActivity: { seq: 1, isLocal: true } }
const far = { resolveActivity: { seq: 1, isLocal: false } }

test.each([
  ['a signal', { signalWorkflow: { signalName: 'pause' } }],
  ['an update', { doUpdate: { id: 'one' } }],
  ['a cancellation', { cancelWorkflow: {} }],
])("%s together with a local activity's result has the task tried again, where it is no replay", (_, job) => {
  expect(() => activate([job, local])).toThrow(/the task is tried again/)
  expect(activate([job, local], true)).toHaveBeenCalledOnce()
  expect(activate([job, far])).toHaveBeenCalledOnce()
  expect(activate([job])).toHaveBeenCalledOnce()
})

test('whatever waits for its turn may come together with it', () => {
  const child = { resolveChildWorkflowExecution: { seq: 1 } }
  const timer = { fireTimer: { seq: 1 } }
  expect(activate([timer, child, far, local])).toHaveBeenCalledOnce()
})

import proto from '@temporalio/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evolutionQueue } from '../../temporal/names.ts'
import { cli } from '../support/cli.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { begin } from '../support/runs.ts'

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.close())

/** An orchestrator that takes a task of the run, and cannot go on with it. */
const failTask = async (message: string): Promise<void> => {
  const { connection, workflowService, options } = engine.client
  const { namespace } = options
  const { taskToken } = await connection.withDeadline(Date.now() + 30_000, () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: evolutionQueue }, identity: 'test' }),
  )
  await workflowService.respondWorkflowTaskFailed({
    ...{ namespace, taskToken, identity: 'test', failure: { message, source: 'test' } },
    cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
  })
}

test('a run that nobody takes up asks for an orchestrator', async () => {
  const handle = await begin(engine.client, 'alone', { problem: 'closed_form' })
  const { stderr, exitCode } = await cli(engine, ['status', 'alone'])
  expect(stderr).toBe(
    'mlx-evolve: run "alone" does not answer: is an orchestrator running? (npx mlx-evolve worker orchestrator, or npm start)',
  )
  expect(exitCode).toBe(1)
  await handle.terminate()
})

test.each(['status', 'export', 'pause'])('%s says why an orchestrator cannot go on with a run', async (command) => {
  const handle = await begin(engine.client, `stuck-${command}`, { problem: 'closed_form' })
  for (let tries = 0; tries < 3; tries++) await failTask('[TMPRL1100] history and code disagree')
  const { stderr, exitCode } = await cli(engine, [command, `stuck-${command}`])
  expect(stderr).toBe(
    `mlx-evolve: run "stuck-${command}" stands still: an orchestrator has tried 4 times to go on with it ([TMPRL1100] history and code disagree); nothing is lost, see "A run that stands still" in docs/operations.md`,
  )
  expect(exitCode).toBe(1)
  await handle.terminate()
})

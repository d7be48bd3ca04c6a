import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { workflowTaskTimeout } from '../../temporal/activity-options.ts'
import { evolutionQueue } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import { CommandFailed } from './failure.ts'

/**
 * Starts an evolution.
 * @throws CommandFailed when a run of that id is open.
 */
export const startRun = async (client: Client, id: string, input: RunInput): Promise<void> => {
  try {
    await client.workflow.start('evolution', {
      workflowId: id,
      taskQueue: evolutionQueue,
      args: [input],
      workflowTaskTimeout,
      staticSummary: `evolution of ${input.problem}`,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    throw new CommandFailed(`run "${id}" is already going on: follow it with \`npx mlx-evolve watch ${id}\``)
  }
}

import type { RunStatus } from '../temporal/run-status.ts'

export { generation } from './generation.ts'
export { proposals } from './proposals.ts'

/**
 * Workflow type `evolution`, see evolution.ts. Every execution loads its modules anew, so what only this one needs
 * (schemas, most of all) is loaded when one begins: a run has thousands of generations.
 */
export const evolution = (input: unknown): Promise<RunStatus> => {
  const loaded: typeof import('./evolution.ts') = require('./evolution.ts')
  return loaded.evolution(input)
}

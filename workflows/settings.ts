import { ApplicationFailure } from '@temporalio/common'
import { type RunConfig, runConfig } from '../temporal/run-config.ts'
import { describeIssues, explained } from '../temporal/settings.ts'

/**
 * A run's input as a RunConfig, every default filled in.
 * @throws ApplicationFailure InvalidInput, non-retryable, naming every bad field.
 */
export const parseRunConfig = (input: unknown, origin: string): RunConfig => {
  const parsed = runConfig.safeParse(input, explained)
  if (parsed.success) return parsed.data
  throw ApplicationFailure.nonRetryable(`${origin}: ${describeIssues(parsed.error, 'input')}`, 'InvalidInput')
}

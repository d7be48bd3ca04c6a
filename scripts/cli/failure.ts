import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client'

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The command could not do its job: exit code 1. */
export class CommandFailed extends Error {
  override name = 'CommandFailed'
}

/** The innermost message of an error, without the wrappers that Temporal puts around it. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof ApplicationFailure) return error.message
  if (error instanceof WorkflowFailedError && error.cause === undefined) return error.message
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}

import {
  ActivityFailure,
  ChildWorkflowFailure,
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The command could not do its job: exit code 1. */
export class CommandFailed extends Error {
  override name = 'CommandFailed'
}

/** What Temporal puts around an error; the words that matter are those of the cause. */
const wrappers = [WorkflowFailedError, WorkflowUpdateFailedError, ActivityFailure, ChildWorkflowFailure, ServiceError]

/** The message of an error, without the wrappers that Temporal puts around it. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const wrapped = wrappers.some((wrapper) => error instanceof wrapper)
  if (wrapped && error.cause instanceof Error) return reasonOf(error.cause)
  return isGrpcServiceError(error) ? error.details || error.message : error.message
}

import { isGrpcServiceError } from '@temporalio/client'

/** Server or workers are away, restarting or busy: trying again may help. */
export const isOutage = (error: unknown): boolean =>
  isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause))

/**
 * Failure types of a model provider that no retry mends: a person has to act. The run pauses itself, says why, and
 * goes on after `resume`.
 */
export const blockingFailureTypes = ['AuthenticationFailed', 'QuotaExhausted', 'ModelUnknown', 'BadRequest'] as const
export type BlockingFailureType = (typeof blockingFailureTypes)[number]

/** Failure types that heal by waiting; Temporal retries the activity. */
export const passingFailureTypes = ['RateLimited', 'ProviderUnavailable'] as const
export type PassingFailureType = (typeof passingFailureTypes)[number]

/** Whether an `ApplicationFailure`'s type means that the provider blocks the run. */
export function isBlockingFailure(type: string | null | undefined): type is BlockingFailureType {
  return blockingFailureTypes.some((blocking) => blocking === type)
}

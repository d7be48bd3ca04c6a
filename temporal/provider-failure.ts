/**
 * Failure types of a model provider that no retry mends: a person has to act. The run pauses itself, says why, and
 * goes on after `resume`.
 */
export type BlockingFailureType = 'AuthenticationFailed' | 'QuotaExhausted' | 'ModelUnknown' | 'BadRequest'

/** Failure types that heal by waiting; Temporal retries the activity. */
export type PassingFailureType = 'RateLimited' | 'ProviderUnavailable'

import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  setHandler,
} from '@temporalio/workflow'
import { generationBlockedSignal, giveUpSignal, retrySignal } from '../temporal/blockage-signals.ts'

/** Thrown when a person stopped the run while a draw was blocked. */
export class GivenUp extends Error {}

const blockingReason = (error: unknown): string | null => {
  if (!(error instanceof ActivityFailure)) return null
  const { cause } = error
  return cause instanceof ApplicationFailure && cause.nonRetryable === true
    ? `${cause.type ?? 'Failure'}: ${cause.message}`
    : null
}

/**
 * Keeps a generation alive through failures that only a person can mend (a bad key, an exhausted quota, a missing
 * Python): tells the evolution, waits for its word, tries again. What siblings have paid for is kept meanwhile.
 *
 * @returns a function that runs an activity call until it succeeds.
 * @throws GivenUp from that function once the evolution says so.
 */
export const createBlockage = (evolutionId: string, island: number, generation: number) => {
  let retries = 0
  let givenUp = false
  setHandler(retrySignal, () => {
    retries += 1
  })
  setHandler(giveUpSignal, () => {
    givenUp = true
  })
  return async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        const reason = blockingReason(error)
        if (reason === null) throw error
        if (givenUp) throw new GivenUp(reason)
        const seen = retries
        await getExternalWorkflowHandle(evolutionId).signal(generationBlockedSignal, { island, generation, reason })
        await condition(() => givenUp || retries > seen)
        if (givenUp) throw new GivenUp(reason)
      }
    }
  }
}

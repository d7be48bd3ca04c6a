import { log } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import { type Journal, type JournalEntry, journalKey } from './journal.ts'

/** A candidate that took its worker down so often is not started again. */
export const deathsAllowed = 3

const dateOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

const setAside = (deaths: number[], environment: Record<string, string>): Evaluation => ({
  verdict: 'unresolved',
  stage: 'crash',
  reason: `took its worker down ${deaths.length} times, begun at ${deaths.map(dateOf).join(', ')}: set aside, not scored`,
  seconds: 0,
  startedAt: Date.now(),
  artifacts: {},
  environment,
})

const isFileError = (error: unknown): error is Error => error instanceof Error && 'code' in error

/** A candidate that could take the worker down unnoticed is not started. */
const orUnavailable = async <T>({ folder }: Journal, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!isFileError(error)) throw error
    throw ApplicationFailure.create({
      type: 'JournalUnavailable',
      message: `${folder}: ${error.message}; a candidate that cannot be entered there is not started`,
      nonRetryable: false,
    })
  }
}

/** The verdict is here: a disk that went wrong meanwhile is no reason to throw it away. */
const tidily = async ({ folder }: Journal, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!isFileError(error)) throw error
    log.warn('the journal of evaluations could not be written', { folder, reason: error.message })
  }
}

/**
 * Evaluates a candidate while the journal says so, unless it took its worker down three times: that is what its
 * verdict says then. `evaluate` is given the entry's file, which says that the candidate has begun once it is renamed.
 * @throws ApplicationFailure `JournalUnavailable`, retryable, where the journal cannot be written; what `evaluate`
 * throws.
 */
export const journalled = async (
  journal: Journal,
  input: EvaluateInput,
  environment: Record<string, string>,
  evaluate: (entry: JournalEntry['file']) => Promise<Evaluation>,
): Promise<Evaluation> => {
  const key = journalKey(input)
  const deaths = await orUnavailable(journal, () => journal.deathsOf(key))
  if (deaths.length >= deathsAllowed) return setAside(deaths, environment)
  const entry = await orUnavailable(journal, () => journal.enter(key))
  try {
    const evaluation = await evaluate(entry.file)
    if (deaths.length > 0) await tidily(journal, () => journal.forget(key))
    return evaluation
  } finally {
    await tidily(journal, entry.clear)
  }
}

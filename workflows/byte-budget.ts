import type { RunState } from '../temporal/run-state.ts'

/**
 * Bytes that a run's state may have once it is compressed: it passes through continue-as-new and the export as one
 * payload, and Temporal takes payloads of at most 2 MB.
 */
const stateBytes = 1_500_000
/** Memories, inboxes, lineage and counters, for each island. */
const besidesPrograms = 60_000
/** An island can always hold a few programs; as many islands as there may be, memories included, stay below 2 MB. */
const leastBytes = 30_000
/** Of the whole population, uncompressed: it is held in memory, and decompression has a bound. */
const mostUncompressed = 64e6

/** What one island's programs may take uncompressed, however well they compress. */
export const islandRawBudget = ({ islands }: RunState): number => mostUncompressed / islands.length

/** What one island's programs may take, beside the problem's snapshot and the other islands. */
export const islandByteBudget = ({ problem, islands }: RunState): number => {
  const shared = stateBytes - JSON.stringify(problem).length
  return Math.max(leastBytes, Math.floor(shared / islands.length) - besidesPrograms)
}

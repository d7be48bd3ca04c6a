/**
 * Encoded bytes that all populations together may hold: state must pass through one Temporal payload (2 MB) with
 * problem snapshot, memories and inboxes beside it.
 */
const populationBytes = 1_000_000

/** One island's share. */
export const islandByteBudget = (islands: number): number => Math.floor(populationBytes / islands)

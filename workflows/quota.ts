import type { IslandState, RunState } from '../temporal/run-state.ts'

/** Iterations of one island: the run's iterations split evenly, the remainder to the first islands. */
export const quotaOf = (iterations: number, islands: number, island: number): number =>
  Math.floor(iterations / islands) + (island < iterations % islands ? 1 : 0)

/** Iterations one island is to draw, those of the runs that this one resumes included. */
export const islandQuota = ({ config, control, islands }: RunState, { index, began }: IslandState): number =>
  began.drawn + quotaOf(config.iterations + control.extended, islands.length, index)

/** Iterations the whole run is to draw, likewise. */
export const iterationsWanted = (state: RunState): number =>
  state.islands.reduce((sum, island) => sum + islandQuota(state, island), 0)

/** Draws in the island's next generation; 0 when its quota is used up. */
export const nextDraws = (state: RunState, island: IslandState): number =>
  Math.max(0, Math.min(state.config.candidatesPerGeneration, islandQuota(state, island) - island.drawn))

import type { IslandState, RunState } from '../temporal/run-state.ts'

/** @throws Error where the run has no such island. */
export const islandOf = (state: Pick<RunState, 'islands'>, index: number): IslandState => {
  const island = state.islands[index]
  if (island === undefined) throw new Error(`the run has no island ${index}`)
  return island
}

/** Puts an island in the place of what it was. */
export const replaceIsland = (state: RunState, island: IslandState): void => {
  state.islands = state.islands.map((old) => (old.index === island.index ? island : old))
}

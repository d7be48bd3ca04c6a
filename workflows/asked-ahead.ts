import type { IslandState, RunState } from '../temporal/run-state.ts'
import { islandOf } from './islands.ts'
import { reservation } from './spending.ts'

/*
 * Model calls of an island's next generation that were made before it. They are paid for: whatever happens to the run
 * meanwhile, that generation is made.
 */

export const hasAskedAhead = ({ askedAhead = [] }: RunState): boolean => askedAhead.length > 0

export const isAskedAhead = ({ askedAhead = [] }: RunState, index: number): boolean => askedAhead.includes(index)

export const noteAskedAhead = (state: RunState, index: number): void => {
  state.askedAhead = [...(state.askedAhead ?? []), index]
}

/** Its generation is under way, or nothing came. */
export const forgetAskedAhead = (state: RunState, index: number): void => {
  const left = (state.askedAhead ?? []).filter((asked) => asked !== index)
  if (left.length > 0) state.askedAhead = left
  else delete state.askedAhead
}

/** US dollars that these calls may cost at most. */
export const reservedAhead = (state: RunState): number =>
  (state.askedAhead ?? []).reduce(
    (sum, index) => sum + reservation(state, islandOf(state, index), state.config.candidatesPerGeneration),
    0,
  )

/** Islands, those first that have been asked ahead. */
export const askedFirst = (state: RunState): IslandState[] =>
  state.islands.toSorted((a, b) => Number(isAskedAhead(state, b.index)) - Number(isAskedAhead(state, a.index)))

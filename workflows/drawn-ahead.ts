import type { Drawn } from '../temporal/generation.ts'
import type { DrawnAhead, IslandState, RunState } from '../temporal/run-state.ts'

/*
 * Proposals of an island's next generation that were made before it, see `drawAhead`. They are paid for: whatever becomes
 * of the run meanwhile, they are evaluated.
 */

/** Characters of all of them that pass through continue-as-new: beside programs there is little room. */
const carriedCharacters = 200_000

const current = ({ islands, drawnAhead = [] }: RunState): DrawnAhead[] =>
  drawnAhead.filter(({ island, generation }) => islands[island]?.generation === generation - 1)

/** An island's, in the order of its draws; `null` where there are none. */
export const drawnAheadOf = (state: RunState, island: number): Drawn[] | null =>
  current(state).find((ahead) => ahead.island === island)?.drawn ?? null

/** Islands whose proposals are there. */
export const countAhead = (state: RunState): number => current(state).length

export const hasDrawnAhead = (state: RunState): boolean => countAhead(state) > 0

/** US dollars that they have cost: counted with their generation, and until then to be reckoned with. */
export const costOf = (drawn: Drawn[]): number =>
  drawn.flatMap(({ usage }) => usage).reduce((sum, { cost }) => sum + cost, 0)

export const costAhead = (state: RunState): number => costOf(current(state).flatMap(({ drawn }) => drawn))

/** Notes them to be carried, and says whether there is room for that. */
export const carryAhead = (state: RunState, ahead: DrawnAhead): boolean => {
  const all = [...current(state), ahead]
  if (JSON.stringify(all).length > carriedCharacters) return false
  state.drawnAhead = all
  return true
}

/** Lets go of an island's, whose generation is to be made now. */
export const takeAhead = (state: RunState, island: number): void => {
  const left = current(state).filter((ahead) => ahead.island !== island)
  if (left.length > 0) state.drawnAhead = left
  else delete state.drawnAhead
}

/** Islands, those first whose proposals are there. */
export const drawnFirst = (state: RunState): IslandState[] => {
  const last = (index: number): number => (drawnAheadOf(state, index) === null ? 1 : 0)
  return state.islands.toSorted((a, b) => last(a.index) - last(b.index))
}

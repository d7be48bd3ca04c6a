import type { SelectInput, SelectResult } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'
import type { RunState } from '../temporal/run-state.ts'
import { type Arrival, selectInput } from './arrivals.ts'
import { islandByteBudget, islandRawBudget } from './byte-budget.ts'
import { fitBytes } from './fit-bytes.ts'
import { bytesOf } from './members.ts'

export interface Survivors extends SelectResult {
  /** See IslandState. */
  headroom?: number
}

/** Who answers: local activities in the workflow, selection's own functions where recorded results are folded again. */
export interface Selector {
  select: (input: SelectInput) => Promise<SelectResult>
  encodedSize: (input: { programs: Program[] }) => Promise<number>
  /** Whether programs are weighed compressed; asked where it makes a difference. */
  mayWeigh: () => boolean
}

const without = (programs: Program[], evicted: string[]): Program[] => {
  const gone = new Set(evicted)
  return programs.filter(({ id }) => !gone.has(id))
}

/** Who survives an arrival on an island: as many as the byte budget takes once they are compressed. */
export const survivorsOf = async (
  state: RunState,
  arrival: Arrival,
  { select, encodedSize, mayWeigh }: Selector,
): Promise<Survivors> => {
  const { island, newcomers } = arrival
  const input = selectInput(state, arrival)
  const selectUpTo = (byteBudget: number): Promise<SelectResult> => select({ ...input, byteBudget })
  const everyone = [...island.programs, ...newcomers]
  const load = {
    bytes: bytesOf(everyone),
    added: bytesOf(newcomers),
    budget: islandByteBudget(state),
    most: islandRawBudget(state),
  }
  if (load.bytes > load.budget && !mayWeigh()) return selectUpTo(load.budget)
  const { selection, ...found } = await fitBytes(
    { ...load, headroom: island.headroom },
    {
      selectUpTo,
      weigh: (kept: SelectResult | null) => encodedSize({ programs: without(everyone, kept?.evicted ?? []) }),
    },
  )
  return { ...selection, ...found }
}

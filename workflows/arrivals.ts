import type { GenerationResult } from '../temporal/generation.ts'
import type { SelectInput } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import { applySelection, countGeneration, newcomersOf, recordGeneration } from './admit.ts'
import { islandOf, replaceIsland } from './islands.ts'
import { lineageOf, pruneLineage } from './lineage.ts'
import { memberOf } from './members.ts'
import { nextDraws } from './quota.ts'
import { isMigrationPoint } from './schedule.ts'
import { remember } from './seen.ts'
import type { Survivors } from './survivors.ts'

/*
 * What a run does with results, without saying who selects: the workflow asks a local activity, a fork calls selection
 * itself when it folds recorded results again. Both have to come to the same population.
 */

/** Programs that come to an island, before selection has said who stays. */
export interface Arrival {
  /** The island, with its generation recorded where it made one. */
  island: IslandState
  newcomers: Program[]
  /** Programs to send to the next island. */
  migrants: number
}

/** What selection is asked about an arrival, but for how many bytes may stay. */
export const selectInput = (
  state: RunState,
  { island, newcomers, migrants }: Arrival,
): Omit<SelectInput, 'byteBudget'> => ({
  seed: `${state.config.seed}/${island.index}/${island.generation}`,
  members: island.programs.map(memberOf),
  newcomers: newcomers.map(memberOf),
  config: state.config.selection,
  draws: nextDraws(state, island),
  migrants,
})

/** Nobody comes: parents are chosen anew, where there are none or too few. `null` where that is not needed. */
export const redraw = (state: RunState, index: number): Arrival | null => {
  const island = islandOf(state, index)
  return island.draws.length === nextDraws(state, island) ? null : { island, newcomers: [], migrants: 0 }
}

export const admitRedraw = (state: RunState, index: number, selected: Survivors): void =>
  replaceIsland(state, applySelection(islandOf(state, index), [], selected))

/** @param drawn iterations that the generation used up. */
export const generationArrival = (state: RunState, result: GenerationResult, drawn: number): Arrival => {
  const island = recordGeneration(islandOf(state, result.island), result, drawn)
  const migrants = isMigrationPoint(state, island.generation) ? state.config.migration.migrants : 0
  return { island, newcomers: newcomersOf(result), migrants }
}

/** Migrants leave for the next island unless it has passed this generation already (possible after `extend` only). */
const send = (state: RunState, from: IslandState, migrants: Program[]): void => {
  const target = islandOf(state, (from.index + 1) % state.islands.length)
  if (target.migratedAt >= from.generation || target.generation > from.generation) return
  replaceIsland(state, { ...target, inbox: { ...target.inbox, [from.generation]: migrants } })
}

const countEvictedForSize = (state: RunState, { evictedForSize }: Survivors): void => {
  state.ledger = { ...state.ledger, evictedForSize: state.ledger.evictedForSize + evictedForSize.length }
}

/** The generation's programs join their island as selection says, its best ones set out for the next. */
export const admitGeneration = (
  state: RunState,
  result: GenerationResult,
  { island: recorded, newcomers, migrants }: Arrival,
  selected: Survivors,
): void => {
  // Read again: while selection ran, a neighbour may have put migrants into this island's inbox.
  const { inbox } = islandOf(state, result.island)
  const island = applySelection({ ...recorded, inbox }, newcomers, selected)
  replaceIsland(state, island)
  state.ledger = countGeneration(state.ledger, result)
  countEvictedForSize(state, selected)
  state.lineage = [...state.lineage, ...newcomers.map(lineageOf)]
  state.lineage = pruneLineage(state)
  if (migrants === 0) return
  const everyone = [...island.programs, ...newcomers]
  const emigrants = selected.emigrants.flatMap((id) => everyone.find((program) => program.id === id) ?? [])
  send(state, island, emigrants)
}

/** Migrants that have come for this generation of the island, and that it does not know yet. */
export const migrantArrival = (state: RunState, index: number): Arrival => {
  const island = islandOf(state, index)
  const known = new Set(island.programs.flatMap(({ id, hash }) => [id, hash]))
  const arrived = island.inbox[island.generation] ?? []
  return { island, newcomers: arrived.filter(({ id, hash }) => !known.has(id) && !known.has(hash)), migrants: 0 }
}

/** Migrants join the island as selection says. */
export const admitMigrants = (state: RunState, { island, newcomers }: Arrival, selected: Survivors): void => {
  countEvictedForSize(state, selected)
  const { inbox } = islandOf(state, island.index)
  const waiting = Object.fromEntries(Object.entries(inbox).filter(([at]) => Number(at) > island.generation))
  replaceIsland(state, {
    ...applySelection(island, newcomers, selected),
    migratedAt: island.generation,
    inbox: waiting,
    seen: remember(
      island.seen,
      newcomers.map(({ hash }) => hash),
    ),
  })
}

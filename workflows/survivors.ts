import { patched, proxyLocalActivities } from '@temporalio/workflow'
import type { createSelectionActivities } from '../activities/selection/select.ts'
import { selectionOptions } from '../temporal/activity-options.ts'
import type { SelectInput, SelectResult } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'
import type { IslandState } from '../temporal/run-state.ts'
import { islandByteBudget } from './byte-budget.ts'
import { fitBytes } from './fit-bytes.ts'
import { bytesOf, memberOf } from './members.ts'
import { nextDraws } from './quota.ts'
import { type Run, stateOf } from './run.ts'

const { select, encodedSize } = proxyLocalActivities<ReturnType<typeof createSelectionActivities>>(selectionOptions)

export interface Survivors extends SelectResult {
  /** See IslandState. */
  headroom?: number
}

const without = (programs: Program[], evicted: string[]): Program[] => {
  const gone = new Set(evicted)
  return programs.filter(({ id }) => !gone.has(id))
}

/** Who survives on an island, as many as the byte budget takes once they are compressed. */
export const selectSurvivors = async (
  run: Run,
  island: IslandState,
  newcomers: Program[],
  migrants: number,
): Promise<Survivors> => {
  const state = stateOf(run)
  const input: Omit<SelectInput, 'byteBudget'> = {
    seed: `${state.config.seed}/${island.index}/${island.generation}`,
    members: island.programs.map(memberOf),
    newcomers: newcomers.map(memberOf),
    config: state.config.selection,
    draws: nextDraws(state, island),
    migrants,
  }
  const selectUpTo = (byteBudget: number): Promise<SelectResult> => run.locally(() => select({ ...input, byteBudget }))
  const everyone = [...island.programs, ...newcomers]
  const load = { bytes: bytesOf(everyone), added: bytesOf(newcomers), budget: islandByteBudget(state) }
  // Executions begun before programs were weighed count them uncompressed.
  if (load.bytes > load.budget && !patched('compressed-programs')) return selectUpTo(load.budget)
  const { selection, ...found } = await fitBytes(
    { ...load, headroom: island.headroom },
    {
      selectUpTo,
      weigh: (kept: SelectResult | null) =>
        run.locally(() => encodedSize({ programs: without(everyone, kept?.evicted ?? []) })),
    },
  )
  return { ...selection, ...found }
}

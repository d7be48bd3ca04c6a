import type { IslandState, RunState } from '../temporal/run-state.ts'
import { nextDraws } from './quota.ts'
import { lookThatIsDue } from './stop-rules.ts'

/** What an island does next. */
export type Step =
  | { do: 'migrate'; from: number }
  | { do: 'generate'; draws: number }
  | { do: 'wait'; for: string }
  | { do: 'rest' }

/** Whether migrants leave and reach islands at this generation. */
export const isMigrationPoint = (state: RunState, generation: number): boolean =>
  state.islands.length > 1 && generation > 0 && generation % state.config.migration.every === 0

const sourceOf = (state: RunState, island: IslandState): IslandState => {
  const source = state.islands[(island.index + state.islands.length - 1) % state.islands.length]
  if (source === undefined) throw new Error(`no island before island ${island.index}`)
  return source
}

/**
 * The next step of an island that has nothing in flight. It depends on this island and on the one before it only, so
 * the outcome is the same in whatever order islands finish.
 *
 * Migrants of island i at its generation g reach island i + 1 when that island arrives at g. Where the source ended
 * before g there are none.
 */
export const nextStep = (state: RunState, island: IslandState): Step => {
  const draws = nextDraws(state, island)
  if (draws === 0) return { do: 'rest' }
  const look = lookThatIsDue(state, island)
  if (look !== null) return { do: 'wait', for: `all islands to reach generation ${look}` }
  if (isMigrationPoint(state, island.generation) && island.migratedAt < island.generation) {
    const source = sourceOf(state, island)
    const arrived = island.inbox[island.generation] !== undefined
    const sourceEnded = nextDraws(state, source) === 0
    if (arrived || source.generation >= island.generation || sourceEnded) return { do: 'migrate', from: source.index }
    return { do: 'wait', for: `migrants of island ${source.index} at generation ${island.generation}` }
  }
  return { do: 'generate', draws }
}

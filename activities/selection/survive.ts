import type { Member } from '../../temporal/population.ts'
import type { SelectionConfig } from '../../temporal/run-config.ts'
import { cellOf } from './cell.ts'

export interface Survivors {
  /** Best first. */
  ranked: Member[]
  /** The best program of each occupied cell, by cell. */
  elites: Map<string, Member>
  /** The best programs whatever their cell, best first. */
  archive: Member[]
  evicted: string[]
  evictedForSize: string[]
}

/** Best first; among equals the one that was there first. */
const rank = (members: Member[]): Member[] =>
  members
    .map((member, place) => ({ member, place }))
    .sort((a, b) => b.member.score - a.member.score || a.place - b.place)
    .map(({ member }) => member)

const firstOfEachCell = (ranked: Member[], config: SelectionConfig): Map<string, Member> => {
  const elites = new Map<string, Member>()
  for (const member of ranked) {
    const cell = cellOf(config.features, member.features)
    if (!elites.has(cell)) elites.set(cell, member)
  }
  return elites
}

const withinBudget = (ranked: Member[], byteBudget: number): Member[] => {
  let bytes = 0
  return ranked.filter((member, place) => {
    if (place > 0 && bytes + member.bytes > byteBudget) return false
    bytes += member.bytes
    return true
  })
}

const idsMissingFrom = (all: Member[], kept: Member[]): string[] => {
  const ids = new Set(kept.map(({ id }) => id))
  return all.filter(({ id }) => !ids.has(id)).map(({ id }) => id)
}

/**
 * Who stays on an island: the elite of every grid cell (MAP-Elites, Mouret & Clune 2015) and the archive of the best,
 * as far as the byte budget reaches; the island's best always stays.
 *
 * Of programs with the same source only the first is kept.
 */
export const survive = (
  members: Member[],
  newcomers: Member[],
  config: SelectionConfig,
  byteBudget: number,
): Survivors => {
  const everyone = [...members, ...newcomers]
  const firstOfItsSource = new Map(everyone.toReversed().map((member) => [member.hash, member]))
  const ranked = rank(everyone.filter((member) => firstOfItsSource.get(member.hash) === member))
  const elites = firstOfEachCell(ranked, config)
  const elite = new Set(elites.values())
  const fit = ranked.filter((member, place) => place < config.archiveSize || elite.has(member))
  const kept = withinBudget(fit, byteBudget)
  return {
    ranked: kept,
    elites: firstOfEachCell(kept, config),
    archive: kept.slice(0, config.archiveSize),
    evicted: idsMissingFrom(everyone, kept),
    evictedForSize: idsMissingFrom(fit, kept),
  }
}

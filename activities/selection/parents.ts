import type { Draw, Member } from '../../temporal/population.ts'
import type { SelectionConfig } from '../../temporal/run-config.ts'
import { cellOf } from './cell.ts'
import type { Random } from './random.ts'
import type { Survivors } from './survive.ts'

const pick = <T>(items: readonly T[], random: Random): T => {
  const item = items[random.below(items.length)]
  if (item === undefined) throw new Error('cannot pick from nothing')
  return item
}

/** Rank r of n is drawn with probability proportional to n − r (linear ranking selection). */
const pickByRank = (ranked: Member[], random: Random): Member => {
  const total = (ranked.length * (ranked.length + 1)) / 2
  let left = random.unit() * total
  for (const [place, member] of ranked.entries()) {
    left -= ranked.length - place
    if (left < 0) return member
  }
  return pick(ranked, random)
}

const chooseParent = ({ ranked, elites, archive }: Survivors, config: SelectionConfig, random: Random): Member => {
  const share = random.unit()
  if (share < config.explorationRatio) return pick([...elites.values()], random)
  if (share < config.explorationRatio + config.exploitationRatio) return pickByRank(archive, random)
  return pick(ranked.slice(0, 1), random)
}

/** Different members drawn from `pool` without replacement. */
const sample = (pool: Member[], size: number, random: Random): Member[] => {
  const left = [...pool]
  const chosen: Member[] = []
  while (chosen.length < size && left.length > 0) chosen.push(...left.splice(random.below(left.length), 1))
  return chosen
}

const chooseDraw = (survivors: Survivors, config: SelectionConfig, random: Random): Draw => {
  const parent = chooseParent(survivors, config, random)
  const others = survivors.ranked.filter((member) => member !== parent)
  const top = others.slice(0, config.topPrograms)
  const home = cellOf(config.features, parent.features)
  const elsewhere = [...survivors.elites].filter(([cell, member]) => cell !== home && !top.includes(member))
  const pool = elsewhere.map(([, member]) => member)
  const diverse = sample(pool, config.diversePrograms, random)
  const ids = (members: Member[]) => members.map(({ id }) => id)
  return { parent: parent.id, top: ids(top), diverse: ids(diverse) }
}

/** Parents and companions for an island's next generation. */
export const chooseDraws = (survivors: Survivors, config: SelectionConfig, draws: number, random: Random): Draw[] =>
  Array.from({ length: draws }, () => chooseDraw(survivors, config, random))

import type { SelectInput, SelectResult } from '../../temporal/population.ts'
import type { TaskTime } from '../../temporal/task-time.ts'
import { encodedSize } from './encoded-size.ts'
import { chooseDraws } from './parents.ts'
import { randomFrom } from './random.ts'
import { survive } from './survive.ts'

/** One island's selection: who survives, who emigrates, who the next parents are. Pure and seeded. */
export const select = (input: SelectInput): SelectResult => {
  const survivors = survive(input.members, input.newcomers, input.config, input.byteBudget)
  return {
    evicted: survivors.evicted,
    evictedForSize: survivors.evictedForSize,
    draws: chooseDraws(survivors, input.config, input.draws, randomFrom(input.seed)),
    emigrants: survivors.ranked.slice(0, input.migrants).map(({ id }) => id),
  }
}

interface Moment {
  /** Comes back with the result: so a run's history holds when it asked. */
  askedAt?: TaskTime
}

/** Selection as a local activity: its input stays out of history, its small result goes in. */
export const createSelectionActivities = () => ({
  select: async ({ askedAt, ...input }: SelectInput & Moment): Promise<SelectResult & Moment> => ({
    ...select(input),
    ...(askedAt === undefined ? {} : { askedAt }),
  }),
  encodedSize,
})

import { randomFrom } from '../../activities/selection/random.ts'

/** Processes that are killed. */
export const victims = ['orchestrator', 'mlx', 'server'] as const
export type Victim = (typeof victims)[number]

/** A `kill -9` to come: some time after so many different model calls were asked for. */
export interface PlannedKill {
  victim: Victim
  afterCalls: number
  /** Milliseconds. */
  delayMs: number
}

export interface PlanOptions {
  seed: number
  round: number
  kills: number
  /** Model calls that the round makes at least. */
  calls: number
}

const longestDelayMs = 1500
/** The last kill must find something to disturb. */
const shareOfCalls = 0.85

/** The kills of a round at random moments, in the order in which they fall due. Pure. */
export const planKills = ({ seed, round, kills, calls }: PlanOptions): PlannedKill[] => {
  const random = randomFrom(`chaos/${seed}/${round}`)
  const draw = (): PlannedKill => ({
    victim: victims[random.below(victims.length)] ?? 'server',
    afterCalls: random.below(Math.floor(calls * shareOfCalls) + 1),
    delayMs: random.below(longestDelayMs + 1),
  })
  return Array.from({ length: kills }, draw).sort((a, b) => a.afterCalls - b.afterCalls)
}

/** A candidate that took its worker down three times is set aside, which is no verdict an undisturbed run would give. */
const deathsOfCandidate = 2

/**
 * Whom a planned kill hits: the orchestrator instead of an mlx worker that would die a third time with one candidate.
 * @param candidate evaluated last, or now.
 * @param diedWith the candidates that mlx workers were killed with so far.
 */
export const victimOf = (planned: Victim, candidate: string | null, diedWith: readonly string[]): Victim => {
  const deaths = diedWith.filter((hash) => hash === candidate).length
  return planned === 'mlx' && deaths >= deathsOfCandidate ? 'orchestrator' : planned
}

import type { Attempt } from './attempts.ts'
import type { Victim } from './plan.ts'
import type { Happening } from './processes.ts'

/** Something that was in flight, was not finished, and was started again; milliseconds since the epoch. */
export interface Lost {
  what: string
  /** The worker it runs on. */
  worker: Exclude<Victim, 'server'>
  from: number
  again: number
}

/** A kill, and when a process of that kind was at work again. */
export interface Outage {
  victim: Victim
  at: number
  until: number
}

/** Infinity where nobody came back. Pure. */
export const outages = (kills: Happening[], arrivals: Happening[]): Outage[] =>
  kills.map(({ victim, at }) => {
    const back = arrivals.filter((arrival) => arrival.victim === victim && arrival.at > at).map((arrival) => arrival.at)
    return { victim, at, until: Math.min(...back) }
  })

/** Attempts that another one followed; where nobody saw them, what was known before stands for them. Pure. */
export const lostAttempts = (attempts: Attempt[]): Lost[] => {
  const byActivity = Map.groupBy(attempts, ({ workflow, activity }) => `${workflow} ${activity}`)
  return [...byActivity.values()].flatMap((all) => {
    const ordered = all.toSorted((a, b) => a.attempt - b.attempt)
    return ordered.flatMap(({ type, attempt, startedAt }, index) => {
      const next = ordered[index + 1]
      if (next === undefined || next.attempt === attempt || next.attempt === 1) return []
      const worker = type === 'evaluate' ? ('mlx' as const) : ('orchestrator' as const)
      return [{ what: type, worker, from: startedAt, again: next.startedAt }]
    })
  })
}

/** A poll that died with its process may be handed one more task. */
const handedToTheDeadMs = 2000

/**
 * Milliseconds from the moment when the last process that it needs was back until it was started again; null where no
 * kill explains that it was lost. Pure.
 */
export const restartMs = ({ worker, from, again }: Lost, all: Outage[]): number | null => {
  const causes = all.filter(
    ({ victim, at }) => (victim === worker || victim === 'server') && at >= from - handedToTheDeadMs && at < again,
  )
  return causes.length === 0 ? null : Math.max(0, again - Math.max(...causes.map(({ until }) => until)))
}

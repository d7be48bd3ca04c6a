import type { IslandState, RunState } from '../temporal/run-state.ts'
import { bestOf } from './best.ts'
import { nextDraws } from './quota.ts'

const hasRules = ({ config }: RunState): boolean => config.budget.target !== null || config.budget.patience !== null

/** The next number of generations at which target and patience are looked at, where there are any. */
const nextLook = ({ config, islands, progress }: RunState): number => {
  const every = islands.length > 1 ? config.migration.every : 1
  return (Math.floor(progress.checkedAt / every) + 1) * every
}

/**
 * The number of generations that an island waits for the others to reach, so that all are judged together and the
 * outcome does not depend on who was faster; `null` where it need not wait.
 */
export const lookThatIsDue = (state: RunState, { generation }: IslandState): number | null => {
  const at = nextLook(state)
  return hasRules(state) && generation >= at ? at : null
}

/**
 * The score that the target is compared with. A program that was tried counts with what was confirmed, whatever its
 * screening promised.
 */
const reached = ({ islands, confirmations }: RunState): number => {
  const { incumbent, records } = confirmations
  const tried = new Set(records.flatMap(({ hash, outcome }) => (outcome === 'not measured' ? [] : [hash])))
  const untried = islands.flatMap(({ programs }) => programs).filter(({ hash }) => !tried.has(hash))
  const confirmed = incumbent?.speedup?.eager?.low ?? Number.NEGATIVE_INFINITY
  return Math.max(confirmed, ...untried.map(({ score }) => score))
}

/** Why the target ends the search; `null` where it does not. */
export const targetReached = (state: RunState): string | null => {
  const { target } = state.config.budget
  const score = reached(state)
  return target !== null && score >= target
    ? `budget.target: ${score.toPrecision(5)} reached, ${target} was asked for`
    : null
}

const hopeless = ({ config, progress }: RunState, iterations: number): string | null => {
  const { patience } = config.budget
  if (patience === null || iterations - progress.since < patience) return null
  return `budget.patience: nothing above ${progress.best.toPrecision(5)} in ${iterations - progress.since} iterations`
}

/**
 * Looks at target and patience where that is due and every island has come to it or is at rest, and notes progress.
 * @returns why the search ends; `null` where it goes on.
 */
export const lookAtRules = (state: RunState): string | null => {
  const at = nextLook(state)
  const searching = state.islands.filter((island) => nextDraws(state, island) > 0)
  if (!hasRules(state) || searching.length === 0 || searching.some(({ generation }) => generation < at)) return null
  const iterations = state.islands.reduce((sum, { drawn }) => sum + drawn, 0)
  const best = bestOf(state).score
  state.progress =
    best > state.progress.best ? { checkedAt: at, best, since: iterations } : { ...state.progress, checkedAt: at }
  return targetReached(state) ?? hopeless(state, iterations)
}

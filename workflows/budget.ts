import { showDollars } from '../temporal/dollars.ts'
import { maximumOf } from './confirmation-rule.ts'
import { hoursSpent } from './deadline.ts'
import { costAhead, hasDrawnAhead } from './drawn-ahead.ts'
import { type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { affordableDraws, dearestDraw } from './spending.ts'
import { lookAtRules, targetReached } from './stop-rules.ts'

/** US dollars that model calls in flight may cost at most, and what those cost that were made ahead. */
export const reservedIn = (run: Run): number =>
  [...run.inFlight.values()].reduce((sum, { reserved }) => sum + reserved, costAhead(stateOf(run)))

/** Why the search ends before its iterations are used up; `null` where it goes on. */
export const budgetSpent = (run: Run): string | null => {
  const state = stateOf(run)
  const spent = hoursSpent(run) ?? lookAtRules(state)
  if (spent !== null || run.inFlight.size > 0 || hasDrawnAhead(state)) return spent
  const next = state.islands.filter((island) => nextStep(state, island).do === 'generate')
  if (next.length === 0 || next.some((island) => affordableDraws(state, island, 1, 0) > 0)) return null
  const dearest = showDollars(Math.min(...next.map((island) => dearestDraw(state.config, island))))
  return `budget.dollars: ${showDollars(state.ledger.cost)} spent, a further candidate may cost ${dearest}`
}

/**
 * A target that was reached by screening, and missed by what was confirmed then, is not reached: the search goes on,
 * while confirmations are left to try again.
 */
export const reconsiderTarget = (run: Run): void => {
  const { control } = run
  const state = stateOf(run)
  const { spent, before } = state.confirmations
  const reached = targetReached(state) !== null || spent - before >= maximumOf(state)
  if (control.spent?.startsWith('budget.target') && !reached) control.spent = null
}

import { showDollars } from '../temporal/dollars.ts'
import { hoursSpent } from './deadline.ts'
import { type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { affordableDraws, dearestDraw } from './spending.ts'
import { lookAtRules, targetReached } from './stop-rules.ts'

/** US dollars that model calls in flight may cost at most. */
export const reservedIn = ({ inFlight }: Run): number =>
  [...inFlight.values()].reduce((sum, { reserved }) => sum + reserved, 0)

/** Why the search ends before its iterations are used up; `null` where it goes on. */
export const budgetSpent = (run: Run): string | null => {
  const state = stateOf(run)
  const spent = hoursSpent(run) ?? lookAtRules(state)
  if (spent !== null || run.inFlight.size > 0) return spent
  const next = state.islands.find((island) => nextStep(state, island).do === 'generate')
  if (next === undefined || affordableDraws(state, next, 1, 0) > 0) return null
  const dearest = showDollars(dearestDraw(state.config, next))
  return `budget.dollars: ${showDollars(state.ledger.cost)} spent, a further candidate may cost ${dearest}`
}

/** A target that was reached by screening, and missed by what was confirmed then, is not reached: the search goes on. */
export const reconsiderTarget = (run: Run): void => {
  const { control } = run
  if (control.spent?.startsWith('budget.target') && targetReached(stateOf(run)) === null) control.spent = null
}

import type { Program } from '../temporal/program.ts'
import type { RunState } from '../temporal/run-state.ts'
import { refusedHashes } from './confirmation-rule.ts'

/**
 * The highest score of a program that was not refused; among equals the initial one, then that of the lowest island.
 */
export const bestOf = (state: Omit<RunState, 'progress'>): Program => {
  const refused = refusedHashes(state)
  const everyone = state.islands.flatMap(({ programs }) => programs).filter(({ hash }) => !refused.has(hash))
  return everyone.reduce((best, program) => (program.score > best.score ? program : best), state.initial)
}

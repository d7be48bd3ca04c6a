import type { Evaluation } from '../temporal/evaluation.ts'
import type { Program } from '../temporal/program.ts'
import type { ConfirmationRecord, RunState } from '../temporal/run-state.ts'
import { countEvaluation, toProgram } from './admit.ts'
import { whyNotConfirmed } from './confirmation-rule.ts'

const rememberedConfirmations = 100

/** A confirmation that was begun. */
export interface Confirming {
  program: Program
  /** 1 for a run's first one. */
  index: number
}

const outcomeOf = (
  evaluation: Evaluation,
  incumbent: Program | null,
): Pick<ConfirmationRecord, 'outcome' | 'reason'> => {
  const reason =
    evaluation.verdict === 'scored'
      ? whyNotConfirmed(evaluation, incumbent)
      : `${evaluation.verdict} at stage ${evaluation.stage}: ${evaluation.reason}`
  return reason === null ? { outcome: 'confirmed', reason: '' } : { outcome: 'not confirmed', reason }
}

const remember = ({ confirmations }: RunState, record: ConfirmationRecord): void => {
  confirmations.records = [...confirmations.records, record].slice(-rememberedConfirmations)
}

/**
 * Puts a confirmation's evaluation into the run's state.
 * @param judged false where the evaluation has no verdict of its own to give: it is noted then, nothing more.
 */
export const settleConfirmation = (
  state: RunState,
  { program, index }: Confirming,
  evaluation: Evaluation,
  judged: boolean,
): void => {
  const { incumbent } = state.confirmations
  const { outcome, reason } = judged
    ? outcomeOf(evaluation, incumbent)
    : { outcome: 'not measured' as const, reason: '' }
  state.ledger = countEvaluation(state.ledger, evaluation)
  if (outcome === 'confirmed' && evaluation.verdict === 'scored') {
    state.confirmations.incumbent = toProgram(program, evaluation, program.island, program.generation)
    state.environment = evaluation.environment
  }
  const speedup = evaluation.verdict === 'scored' ? evaluation.speedup : null
  remember(state, { index, programId: program.id, hash: program.hash, outcome, speedup, reason })
}

/** Notes that a confirmation failed for reasons that are not the program's. */
export const noteUnmeasured = (state: RunState, { program, index }: Confirming, reason: string): void => {
  const { id: programId, hash } = program
  remember(state, { index, programId, hash, outcome: 'not measured', speedup: null, reason })
}

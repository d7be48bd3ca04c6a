import { ActivityFailure, isCancellation } from '@temporalio/workflow'
import { seedFrom } from '../activities/selection/random.ts'
import { confirmationSettings } from '../temporal/confirmation-settings.ts'
import type { Evaluation } from '../temporal/evaluation.ts'
import type { Program } from '../temporal/program.ts'
import type { ConfirmationRecord } from '../temporal/run-state.ts'
import { countEvaluation, toProgram } from './admit.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { whyNotConfirmed } from './confirmation-rule.ts'
import { type Run, stateOf } from './run.ts'

const rememberedConfirmations = 100

/** Lost workers count too; a machine that cannot measure must not keep a run from its end. */
const attemptsAtConfirmation = 10

const measure = (run: Run, program: Program, index: number): Promise<Evaluation> => {
  const { config, problem, confirmations } = stateOf(run)
  return askEvaluation({ evolutionId: run.identity.id, problem, config }, program, {
    summary: `${program.id} · confirmation ${index}`,
    // No screening has had this seed: the best of many screened programs fits its own data best.
    seed: seedFrom(`${config.seed}/confirmation/${index}/${program.id}`),
    attempts: attemptsAtConfirmation,
    purpose: 'confirmation',
    confirmation: { index, incumbentSource: confirmations.incumbent?.source ?? null },
    ...confirmationSettings(config),
  })
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

/** The run's state with a confirmation's evaluation in it. */
const settle = (run: Run, program: Program, index: number, evaluation: Evaluation): void => {
  const state = stateOf(run)
  const { incumbent } = state.confirmations
  // Histories from before confirmations were made on the way have no verdict of their own.
  const { outcome, reason } = run.confirmsOnTheWay
    ? outcomeOf(evaluation, incumbent)
    : { outcome: 'not measured' as const, reason: '' }
  state.ledger = countEvaluation(state.ledger, evaluation)
  if (outcome === 'confirmed' && evaluation.verdict === 'scored') {
    state.confirmations.incumbent = toProgram(program, evaluation, program.island, program.generation)
    state.environment = evaluation.environment
  }
  const speedup = evaluation.verdict === 'scored' ? evaluation.speedup : null
  remember(run, { index, programId: program.id, hash: program.hash, outcome, speedup, reason })
}

const remember = (run: Run, record: ConfirmationRecord): void => {
  const { confirmations } = stateOf(run)
  confirmations.records = [...confirmations.records, record].slice(-rememberedConfirmations)
}

/**
 * Confirms one program, or finds that it cannot be. The confirmation counts from its beginning, whatever comes of it.
 * Islands may go on meanwhile: the device's queue keeps the order.
 */
export const confirm = async (run: Run, program: Program): Promise<void> => {
  const { confirmations } = stateOf(run)
  confirmations.spent += 1
  const index = confirmations.spent
  run.confirming = { programId: program.id, index }
  try {
    settle(run, program, index, await measure(run, program, index))
  } catch (error) {
    // The run's results are worth more than one look at them.
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    const { id: programId, hash } = program
    const reason = error.cause?.message ?? error.message
    remember(run, { index, programId, hash, outcome: 'not measured', speedup: null, reason })
  } finally {
    run.confirming = null
    run.revision += 1
  }
}

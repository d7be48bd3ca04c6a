import { ActivityFailure, isCancellation } from '@temporalio/workflow'
import { seedFrom } from '../activities/selection/random.ts'
import { confirmationSettings } from '../temporal/confirmation-settings.ts'
import type { Evaluation } from '../temporal/evaluation.ts'
import type { Program } from '../temporal/program.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { type Run, stateOf } from './run.ts'
import { noteUnmeasured, settleConfirmation } from './settle-confirmation.ts'

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

/**
 * Confirms one program, or finds that it cannot be. The confirmation counts from its beginning, whatever comes of it.
 * Islands may go on meanwhile: the device's queue keeps the order.
 */
export const confirm = async (run: Run, program: Program): Promise<void> => {
  const { confirmations } = stateOf(run)
  confirmations.spent += 1
  const index = confirmations.spent
  run.confirming = { programId: program.id, index }
  let settle: () => void
  try {
    const evaluation = await measure(run, program, index)
    // Histories from before confirmations were made on the way have no verdict of their own.
    settle = () => settleConfirmation(stateOf(run), { program, index }, evaluation, run.confirmsOnTheWay)
  } catch (error) {
    settle = () => {
      // The run's results are worth more than one look at them.
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
      noteUnmeasured(stateOf(run), { program, index }, error.cause?.message ?? error.message)
    }
  }
  await run.turns.inTurn(() => {
    run.confirming = null
    run.revision += 1
    settle()
  })
}

import { ActivityFailure, isCancellation } from '@temporalio/workflow'
import { seedFrom } from '../activities/selection/random.ts'
import type { Program } from '../temporal/program.ts'
import type { HeldOutRecord } from '../temporal/run-state.ts'
import { countEvaluation } from './admit.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { type Run, stateOf } from './run.ts'

/** A machine that cannot run a preset at all must not keep a run from its end. */
const attemptsAtPreset = 5

type Figures = Pick<HeldOutRecord, 'outcome' | 'speedup' | 'reason'>

const measureOn = async (run: Run, winner: Program, preset: string): Promise<Figures> => {
  const state = stateOf(run)
  const { config, problem } = state
  try {
    const evaluation = await askEvaluation({ evolutionId: run.identity.id, problem, config }, winner, {
      summary: `${winner.id} · held out: ${preset}`,
      seed: seedFrom(`${config.seed}/held-out/${preset}/${winner.id}`),
      options: { ...config.evaluation.options, preset },
      attempts: attemptsAtPreset,
    })
    state.ledger = countEvaluation(state.ledger, evaluation)
    if (evaluation.verdict === 'scored') return { outcome: 'scored', speedup: evaluation.speedup, reason: '' }
    const { verdict, stage, reason } = evaluation
    return { outcome: 'fails', speedup: null, reason: `${verdict} at stage ${stage}: ${reason}` }
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    return { outcome: 'not measured', speedup: null, reason: error.cause?.message ?? error.message }
  }
}

/**
 * Measures the confirmed winner on workloads that it was not evolved on, one after another, each once. There is nothing
 * to measure where no program beat stock.
 * @param goesOn says whether the run is still at its end.
 */
export const measureHeldOut = async (run: Run, goesOn: () => boolean): Promise<void> => {
  const { config, confirmations } = stateOf(run)
  const winner = confirmations.incumbent
  if (winner === null) return
  confirmations.heldOut = confirmations.heldOut.filter(({ hash }) => hash === winner.hash)
  const missing = config.heldOut.filter((preset) => confirmations.heldOut.every((known) => known.preset !== preset))
  for (const preset of new Set(missing)) {
    if (!goesOn()) break
    run.reason = `measuring ${winner.id} on ${preset}, which it was not evolved on`
    const figures = await measureOn(run, winner, preset)
    confirmations.heldOut.push({ preset, programId: winner.id, hash: winner.hash, ...figures })
  }
  run.reason = ''
}

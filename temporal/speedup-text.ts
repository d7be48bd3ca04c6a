import type { Speedup } from './evaluation.ts'
import type { BestProgram, ConfirmationStatus } from './run-status.ts'

const ratio = (value: number): string => value.toFixed(3)

/** `1.132× [1.115, 1.150]`, or `not measured`. */
export const showSpeedup = (speedup: Speedup | null | undefined): string =>
  speedup ? `${ratio(speedup.median)}× [${ratio(speedup.low)}, ${ratio(speedup.high)}]` : 'not measured'

/** The same of a figure that is a promise and no speedup yet. */
export const showScreened = (speedup: Speedup | null | undefined): string =>
  speedup ? `screened ${showSpeedup(speedup)}` : 'not measured'

/** What is behind an interval: `300 pairs, 5 launches`. */
export const showEvidence = ({ pairs, launches }: Speedup): string =>
  `${pairs} pairs${launches > 0 ? `, ${launches} launches` : ''}`

const overStock = 'over stock eager MLX'

const showPromising = (confirmations: ConfirmationStatus | null): string => {
  const promising = confirmations?.promising
  return promising ? `; ${promising.programId} ${showScreened(promising.screened.eager)} is not confirmed` : ''
}

/** A run's best program in a line. Nothing but a confirmed figure is given as a speedup. */
export const showBest = (best: BestProgram | null, confirmations: ConfirmationStatus | null): string => {
  if (best === null) return 'none yet'
  const { programId, score, confirmed, speedup, screened } = best
  if (confirmed)
    return `${programId}  ${showSpeedup(speedup?.eager)} ${overStock}, confirmed${showPromising(confirmations)}`
  if (!screened?.eager) return `${programId}, score ${score.toPrecision(8)}`
  return `${programId}  ${showScreened(screened.eager)} ${overStock}, not confirmed`
}

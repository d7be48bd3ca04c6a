import type { Logger } from 'pino'
import { calibrate } from '../activities/evaluation/calibrate.ts'
import { showNoiseFloor } from '../activities/evaluation/calibration.ts'
import type { EvaluationMachine } from '../activities/evaluation/evaluate-once.ts'

/** What a starting worker spends on it. */
const seconds = 12

/** Preset that a worker calibrates with when it starts: `MLX_EVOLVE_CALIBRATE`, else `small`; null where that is `0`. */
export const calibrationPreset = (env: NodeJS.ProcessEnv = process.env): string | null =>
  env.MLX_EVOLVE_CALIBRATE === '0' ? null : env.MLX_EVOLVE_CALIBRATE || 'small'

export interface StartCalibration {
  machine: Omit<EvaluationMachine, 'environment'>
  log: Logger
  signal: AbortSignal
  env?: NodeJS.ProcessEnv
}

/**
 * Calibrates this machine unless that was done before. Meant to run beside a worker that polls already: an evaluation
 * that arrives meanwhile waits for the device. Trouble is a warning, for evaluations work without.
 */
export const calibrateAtStart = async ({ machine, log, signal, env }: StartCalibration): Promise<void> => {
  const preset = calibrationPreset(env)
  if (preset === null) return
  try {
    const found = await calibrate(machine, { preset, seconds, unlessValid: true }, { signal })
    log.info({ noiseFloor: showNoiseFloor(found), measuredAt: found.measuredAt }, 'calibrated')
  } catch (error) {
    // Whatever it was, the worker goes on.
    if (!signal.aborted) log.warn({ err: error }, 'not calibrated: results will not say how noisy this machine is')
  }
}

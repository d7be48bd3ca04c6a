import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type Calibration, calibration, calibrationFile } from './calibration.ts'
import { childEnvironment } from './child-environment.ts'
import type { EvaluationMachine, Watch } from './evaluate-once.ts'
import { type LaunchReport, phaseOf } from './launch-events.ts'
import { launch } from './subprocess.ts'

export interface CalibrationJob {
  /** Sizes of the training step that is timed. */
  preset: string
  /** About how long it may take, once the device is free. */
  seconds: number
  /** Take the calibration that is there, where it is of this machine, MLX and preset. */
  unlessValid: boolean
}

/** This machine could not be calibrated; the message says why. */
export class CalibrationFailed extends Error {
  override name = 'CalibrationFailed'
  /** The job asked for what does not exist: another attempt cannot succeed. */
  readonly badRequest: boolean

  constructor(message: string, badRequest: boolean) {
    super(message)
    this.badRequest = badRequest
  }
}

/** Exit code for a command line that names an unknown preset. */
const badRequestCode = 2

/** What starting may cost on top: building kernels, a busy machine. */
const slackSeconds = 300

const resultOf = (report: LaunchReport, launcher: string): Calibration => {
  const { ended, results } = report
  const parsed = calibration.safeParse(results[0])
  if (ended?.how === 'exit' && ended.code === 0 && parsed.success) return parsed.data
  const how = ended?.how === 'exit' ? `exit code ${ended.code}` : (ended?.how ?? launcher)
  const said = ended?.stderr.trim().split('\n').at(-1) ?? ''
  if (ended?.code === badRequestCode) throw new CalibrationFailed(said.replace(/^.*: error: argument /, ''), true)
  throw new CalibrationFailed(`calibration ended with ${how}: ${said}`, false)
}

/**
 * Calibrates this machine under its device lock and keeps what was found in its cache folder.
 * @throws CalibrationFailed; ApplicationFailure `PythonMissing`; the signal's reason when it aborts.
 */
export const calibrate = async (
  machine: Omit<EvaluationMachine, 'environment'>,
  { preset, seconds, unlessValid }: CalibrationJob,
  { signal, onPhase }: Watch = {},
): Promise<Calibration> => {
  const cache = path.resolve(machine.cacheFolder)
  await mkdir(cache, { recursive: true })
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'mlx-evolve-'))
  const module = ['-P', '-u', '-m', 'optimized_kernels.measurement.calibrate', '--events']
  const limits = ['--preset', preset, '--seconds', String(seconds), '--out', calibrationFile(cache, preset)]
  try {
    const { report, launcher } = await launch({
      python: machine.python.includes(path.sep) ? path.resolve(machine.python) : machine.python,
      lockFile: path.resolve(machine.lockFile),
      timeoutSeconds: 5 * seconds + slackSeconds,
      arguments: [...module, ...limits, ...(unlessValid ? ['--unless-valid'] : [])],
      request: {},
      cwd: scratch,
      remove: scratch,
      env: childEnvironment(process.env, { scratch, repoRoot: path.resolve(machine.repoRoot), cache }),
      signal,
      onEvent: (event) => {
        const phase = phaseOf(event)
        if (phase !== undefined) onPhase?.(phase)
      },
    })
    return resultOf(report, launcher)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

import { existsSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import {
  type Calibration,
  calibration,
  calibrationFile,
  showNoiseFloor,
} from '../../activities/evaluation/calibration.ts'
import { homeFolder } from '../../temporal/home.ts'
import { calibrationPreset } from '../../workers/calibration.ts'
import { repoRoot } from '../../workers/folders.ts'
import { pythonPath } from '../setup/paths.ts'
import { tail } from '../setup/step.ts'
import { type Check, ok, warn } from './check.ts'

const name = 'Calibration'
const mend = 'run `npx mlx-evolve calibrate`; a worker does so when it starts'
const hour = 3600

/** `3 hours old`, for seconds. Pure. */
export const showAge = (seconds: number): string => {
  const [count, unit] = seconds < 48 * hour ? [seconds / hour, 'hour'] : [seconds / (24 * hour), 'day']
  const whole = Math.floor(count)
  return whole < 1 ? 'less than an hour old' : `${whole} ${unit}${whole === 1 ? '' : 's'} old`
}

/** Above this log-ratio hardly any speedup would count as one. */
const busyFloor = 0.1

/** What a calibration that holds says, at a time in milliseconds since the epoch. Pure. */
export const describeCalibration = (found: Calibration, now: number): Check => {
  const age = showAge((now - Date.parse(found.measuredAt)) / 1000)
  const said = `noise floor ${showNoiseFloor(found)}, ${age}`
  return found.noiseFloor > busyFloor
    ? warn(name, `${said}: the machine was busy`, 'run `npx mlx-evolve calibrate` while nothing else runs')
    : ok(name, said)
}

/** How noisy this machine was found to be, and when; Python says whether that still holds. */
export async function checkCalibration(now = Date.now()): Promise<Check> {
  const preset = calibrationPreset() ?? 'small'
  const file = calibrationFile(path.join(homeFolder(), 'mlx'), preset)
  if (!existsSync(file)) return warn(name, 'none yet: results do not say how noisy this machine is', mend)
  const module = ['-P', '-m', 'optimized_kernels.measurement.calibrate']
  const args = ['--check', '--out', file, '--preset', preset]
  const asked = await execa(pythonPath(), [...module, ...args], {
    env: { PYTHONPATH: repoRoot },
    reject: false,
    timeout: 60_000,
  })
  if (asked.failed) return warn(name, `not used: ${tail(asked.stderr || (asked.shortMessage ?? ''), 1)}`, mend)
  return describeCalibration(calibration.parse(JSON.parse(asked.stdout)), now)
}

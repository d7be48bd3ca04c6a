import path from 'node:path'
import type { Command } from 'commander'
import { CalibrationFailed, calibrate } from '../../../activities/evaluation/calibrate.ts'
import { calibrationFile, showCalibration } from '../../../activities/evaluation/calibration.ts'
import { defaultLockFile } from '../../../activities/evaluation/evaluate-once.ts'
import { homeFolder } from '../../../temporal/home.ts'
import { repoRoot } from '../../../workers/folders.ts'
import { pythonPath } from '../../setup/paths.ts'
import { UsageError } from '../failure.ts'
import { addJsonOption, wholeNumber } from '../options.ts'
import { printJson, say } from '../output.ts'

interface CalibrateOptions {
  preset: string
  seconds: number
  json: boolean
}

const asUsageError = (error: unknown): never => {
  throw error instanceof CalibrationFailed && error.badRequest ? new UsageError(error.message) : error
}

const run = async ({ preset, seconds, json }: CalibrateOptions): Promise<void> => {
  const cacheFolder = path.join(homeFolder(), 'mlx')
  const machine = { python: pythonPath(), lockFile: defaultLockFile(), cacheFolder, repoRoot }
  const onPhase = (phase: string): void => {
    if (phase !== 'starting') process.stderr.write(`${phase}\n`)
  }
  const found = await calibrate(machine, { preset, seconds, unlessValid: false }, { onPhase }).catch(asUsageError)
  if (json) printJson(found)
  else for (const line of showCalibration(found)) say(line, false)
  say(`kept in ${calibrationFile(cacheFolder, preset)}`, json)
}

/** `calibrate`: how noisy this machine is and what it can do at best. */
export const addCalibrate = (program: Command): void => {
  addJsonOption(program.command('calibrate'))
    .description('measure the noise floor and the peaks of this machine')
    .option('--preset <name>', 'sizes of the training step that is timed', 'small')
    .option('--seconds <n>', 'about how long to measure', wholeNumber(1, 3600), 20)
    .action(run)
}

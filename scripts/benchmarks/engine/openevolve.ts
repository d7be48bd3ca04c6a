import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { installOpenEvolve, startOpenEvolve } from '../peers/openevolve.ts'
import type { closing } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { type Interval, readIntervals } from './intervals.ts'

export interface MeasuredOpenEvolve {
  /** Base URL of the model. */
  modelUrl: string
  iterations: number
  /** Evaluations side by side. */
  workers: number
  evaluationSeconds: number
  /** Whether the evaluator locks the device, which OpenEvolve leaves to its users. */
  locked: boolean
}

/** OpenEvolve's own default, as is a population of 1,000. */
const checkpointInterval = 100

/**
 * Runs OpenEvolve on the bench's problem to its end.
 *
 * @param later is told how to end it.
 * @returns when its evaluations had the device, the initial program's left out.
 * @throws Error where it fails, or evaluates less than it was asked to.
 */
export const runOpenEvolve = async (
  asked: MeasuredOpenEvolve,
  later: ReturnType<typeof closing>['later'],
): Promise<Interval[]> => {
  const { evaluationSeconds, locked, modelUrl, iterations, workers } = asked
  const command = await installOpenEvolve()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-bench-'))
  const log = path.join(folder, 'evaluations.jsonl')
  const lock = locked ? path.join(folder, 'device.lock') : ''
  const problem = await writeProblem(path.join(folder, 'problem'), { seconds: evaluationSeconds, log, lock })
  const run = { folder, problem, modelUrl, iterations, workers, checkpointInterval, seed: 1 }
  const { ended, kill } = await startOpenEvolve(command, run)
  later(kill)
  const exitCode = await ended
  const [, ...evaluations] = readIntervals(log)
  // An iteration whose reply it cannot use evaluates nothing.
  if (exitCode !== 0 || evaluations.length < 0.9 * iterations) {
    const made = `${evaluations.length} evaluations in ${iterations} iterations`
    throw new Error(`OpenEvolve ended with ${exitCode} after ${made}, see ${folder}`)
  }
  return evaluations
}

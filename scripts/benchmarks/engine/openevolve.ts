import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { repoRoot } from '../../../workers/folders.ts'
import { writeProblem } from './bench-problem.ts'
import { type Interval, readIntervals } from './intervals.ts'

const requirements = path.join(repoRoot, 'requirements/openevolve.txt')

/** What is measured beside us, as requirements/openevolve.txt pins it. */
export const openEvolveVersion = async (): Promise<string> =>
  /^openevolve==(\S+)$/m.exec(await readFile(requirements, 'utf8'))?.[1] ?? 'of no version'

/** OpenEvolve in a virtual environment of its own, made at the first call and kept. @returns its folder. */
const installOpenEvolve = async (): Promise<string> => {
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12)
  const environment = path.join(os.tmpdir(), `mlx-evolve-bench-openevolve-${hash}`)
  const complete = path.join(environment, 'complete')
  if (existsSync(complete)) return environment
  await rm(environment, { recursive: true, force: true })
  await execa('python3', ['-m', 'venv', environment])
  await execa(path.join(environment, 'bin/pip'), ['install', '--quiet', '-r', requirements], { stdio: 'inherit' })
  await writeFile(complete, '')
  return environment
}

export interface OpenEvolveRun {
  /** Base URL of the model. */
  modelUrl: string
  iterations: number
  /** Evaluations side by side. */
  workers: number
  evaluationSeconds: number
  /** Whether the evaluator locks the device, which OpenEvolve leaves to its users. */
  locked: boolean
}

/** Everything that is not said here is its default, a population of 1,000 among it. */
const configOf = ({ iterations, modelUrl, workers }: OpenEvolveRun): string =>
  JSON.stringify({
    max_iterations: iterations,
    random_seed: 1,
    llm: { api_base: modelUrl, api_key: 'stub', primary_model: 'stub' },
    evaluator: { cascade_evaluation: false, parallel_evaluations: workers, timeout: 300 },
  })

/**
 * Runs OpenEvolve on the bench's problem to its end.
 *
 * @returns when its evaluations had the device, the initial program's left out.
 * @throws Error where it fails, or evaluates less than it was asked to.
 */
export const runOpenEvolve = async (run: OpenEvolveRun): Promise<Interval[]> => {
  const bin = path.join(await installOpenEvolve(), 'bin')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-bench-'))
  const log = path.join(folder, 'evaluations.jsonl')
  const lock = run.locked ? path.join(folder, 'device.lock') : ''
  const problem = await writeProblem(path.join(folder, 'problem'), { seconds: run.evaluationSeconds, log, lock })
  const config = path.join(folder, 'config.yaml')
  await writeFile(config, configOf(run)) // JSON is YAML
  const programs = ['initial_program.py', 'evaluator.py'].map((name) => path.join(problem, name))
  const output = path.join(folder, 'output')
  await execa(path.join(bin, 'openevolve-run'), [...programs, '--config', config, '--output', output], {
    cwd: folder,
    stdin: 'ignore',
    stdout: { file: path.join(folder, 'stdout.log') },
    stderr: { file: path.join(folder, 'stderr.log') },
  })
  const [, ...evaluations] = readIntervals(log)
  // An iteration whose reply it cannot use evaluates nothing.
  if (evaluations.length < 0.9 * run.iterations) {
    throw new Error(`OpenEvolve made ${evaluations.length} evaluations in ${run.iterations} iterations, see ${folder}`)
  }
  return evaluations
}

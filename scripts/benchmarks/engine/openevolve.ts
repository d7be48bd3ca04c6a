import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import { problemFolder } from './bench-problem.ts'

/** What this was measured with. */
export const openEvolveVersion = '0.4.0'

/** Installs OpenEvolve into a folder of its own, once. @returns its virtual environment. */
export const installOpenEvolve = async (folder: string): Promise<string> => {
  const environment = path.join(folder, `openevolve-${openEvolveVersion}`)
  if (existsSync(path.join(environment, 'bin/openevolve-run'))) return environment
  await execa('python3', ['-m', 'venv', environment])
  const pip = path.join(environment, 'bin/pip')
  await execa(pip, ['install', '--quiet', `openevolve==${openEvolveVersion}`], { stdio: 'inherit' })
  return environment
}

export interface OpenEvolveRun {
  environment: string
  folder: string
  modelUrl: string
  iterations: number
  workers: number
  evaluationSeconds: number
  /** An evaluator that takes a lock, which OpenEvolve leaves to its users. */
  locked: boolean
}

const config = ({ iterations, modelUrl, workers }: OpenEvolveRun): string =>
  JSON.stringify({
    max_iterations: iterations,
    // Its default; the last iteration writes one whatever this says.
    checkpoint_interval: 100,
    random_seed: 1,
    llm: { api_base: modelUrl, api_key: 'stub', primary_model: 'stub' },
    evaluator: { cascade_evaluation: false, parallel_evaluations: workers, timeout: 300 },
  })

/** Runs OpenEvolve on the bench's problem to its end. @returns the file in which its evaluators logged. */
export const runOpenEvolve = async (run: OpenEvolveRun): Promise<string> => {
  const { folder, environment, evaluationSeconds, locked } = run
  await mkdir(folder, { recursive: true })
  for (const name of ['initial_program.py', 'evaluator.py']) {
    await copyFile(path.join(problemFolder, name), path.join(folder, name))
  }
  await writeFile(path.join(folder, 'config.yaml'), config(run)) // JSON is YAML
  const log = path.join(folder, 'evaluations.jsonl')
  await execa(
    path.join(environment, 'bin/openevolve-run'),
    ['initial_program.py', 'evaluator.py', '--config', 'config.yaml', '--output', 'out'],
    {
      cwd: folder,
      env: {
        EVALUATION_SECONDS: String(evaluationSeconds),
        EVALUATION_LOG: log,
        EVALUATION_LOCK: locked ? path.join(folder, 'device.lock') : '',
        OPENAI_API_KEY: 'stub',
      },
      stdout: { file: path.join(folder, 'stdout.log') },
      stderr: { file: path.join(folder, 'stderr.log') },
    },
  )
  return log
}

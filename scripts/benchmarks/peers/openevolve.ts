import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { findPython } from '../../setup/find-python.ts'
import { root } from '../../setup/paths.ts'

const requirements = path.join(root, 'requirements/openevolve.txt')

/** What is measured beside us, as requirements/openevolve.txt pins it. */
export const openEvolveVersion = (): string =>
  /^openevolve==(\S+)$/m.exec(readFileSync(requirements, 'utf8'))?.[1] ?? 'of no version'

/** Once a machine and a set of versions: all checkouts share it. */
const environmentFolder = (): string => {
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache')
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  return path.join(cache, 'mlx-evolve', `openevolve-${version}`)
}

/**
 * OpenEvolve in a virtual environment of its own, made where it is missing (about half a minute, 60 MB).
 *
 * @returns path of its command `openevolve-run`.
 */
export const installOpenEvolve = async (): Promise<string> => {
  const folder = environmentFolder()
  const complete = path.join(folder, 'complete') // written last
  if (!existsSync(complete)) {
    const { command } = await findPython()
    await rm(folder, { recursive: true, force: true })
    await execa(command, ['-m', 'venv', folder])
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']
    await execa(path.join(folder, 'bin/python'), [...pip, '--no-deps', '-r', requirements], { stdin: 'ignore' })
    await writeFile(complete, '')
  }
  return path.join(folder, 'bin/openevolve-run')
}

/** A run of OpenEvolve, to be begun or resumed. */
export interface OpenEvolveRun {
  /** Where its configuration, its output and its `stdout.log` lie. */
  folder: string
  /** Holds `initial_program.py` and `evaluator.py`. */
  problem: string
  /** Base URL of an OpenAI-compatible server. */
  modelUrl: string
  /** In all, those before the checkpoint included. */
  iterations: number
  /** Its processes that mutate and evaluate. */
  workers: number
  checkpointInterval: number
  seed: number
}

export interface Checkpoint {
  folder: string
  /** Iterations that were done when it was written. */
  iteration: number
}

/** The newest one by its name, as its users take it, whether or not it was written to its end. */
export const newestCheckpoint = ({ folder }: Pick<OpenEvolveRun, 'folder'>): Checkpoint | null => {
  const all = path.join(folder, 'output/checkpoints')
  if (!existsSync(all)) return null
  const found = readdirSync(all).map((name) => {
    return { folder: path.join(all, name), iteration: Number(name.replace('checkpoint_', '')) }
  })
  return found.toSorted((a, b) => b.iteration - a.iteration)[0] ?? null
}

/** OpenEvolve at work: its process and those that it started are one group. */
export interface OpenEvolveProcess {
  /** Its exit code; null where a signal ended it. */
  ended: Promise<number | null>
  /** `kill -9` of the whole group, if it is still there. */
  kill(): Promise<void>
}

const configuration = ({ modelUrl, workers, checkpointInterval, seed }: OpenEvolveRun): object => ({
  checkpoint_interval: checkpointInterval,
  random_seed: seed,
  llm: { api_base: modelUrl, api_key: 'none-needed', primary_model: 'stub' },
  evaluator: { cascade_evaluation: false, parallel_evaluations: workers },
})

/** Starts it, from its newest checkpoint where it has one. @param command path of `openevolve-run`. */
export const startOpenEvolve = async (command: string, run: OpenEvolveRun): Promise<OpenEvolveProcess> => {
  const { folder, problem, iterations } = run
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'config.yaml'), stringify(configuration(run)))
  const from = newestCheckpoint(run)
  const programs = ['initial_program.py', 'evaluator.py'].map((name) => path.join(problem, name))
  const options = ['--config', 'config.yaml', '--output', 'output']
  // It counts those of a resumed run from the checkpoint on.
  const left = ['--iterations', String(iterations - (from?.iteration ?? 0))]
  const resume = from === null ? [] : ['--checkpoint', from.folder]
  const log = { file: path.join(folder, 'stdout.log'), append: true }
  const child = execa(command, [...programs, ...options, ...left, ...resume], {
    cwd: folder,
    detached: true, // its pool outlives it otherwise
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} did not start`)
  let over = false
  const ended = child.then(({ exitCode }) => {
    over = true
    return exitCode ?? null
  })
  return {
    ended,
    kill: async () => {
      if (!over) process.kill(-pid, 'SIGKILL')
      await ended
    },
  }
}

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ConfirmationRequest, EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import type { ProblemConfig } from '../../temporal/problem.ts'
import { childEnvironment } from './child-environment.ts'
import { phaseOf } from './launch-events.ts'
import { classify } from './outcome.ts'
import { launch } from './subprocess.ts'

/** The machine an evaluation runs on. */
export interface EvaluationMachine {
  /** Path of the Python interpreter that has MLX. */
  python: string
  /** Whoever evaluates on this host must name the same file. */
  lockFile: string
  /** Caches of problems and of compiled kernels. */
  cacheFolder: string
  /** Holds the Python package `optimized_kernels`. */
  repoRoot: string
  /** Machine facts to record, see `machineFacts`. */
  environment: Record<string, string>
}

/** One program to be evaluated against a problem on disk. */
export interface EvaluationJob
  extends Pick<
    EvaluateInput,
    'source' | 'seed' | 'timeoutSeconds' | 'options' | 'compiledAbove' | 'purpose' | 'confirmation'
  > {
  problemFolder: string
  evaluator: ProblemConfig['evaluator']
}

export interface Watch {
  signal?: AbortSignal
  /** Entry of the worker's journal that says, from then on, that the program has begun. */
  journalEntry?: string
  /** Called with what the evaluation is doing now. */
  onPhase?: (phase: string) => void
}

/** Lock file of this host's device, shared by everything that evaluates here: `MLX_EVOLVE_DEVICE_LOCK` or a fixed one. */
export const defaultLockFile = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MLX_EVOLVE_DEVICE_LOCK || path.join(os.tmpdir(), 'mlx-evolve-device.lock')

const callEvaluator = path.join(import.meta.dirname, 'call_evaluator.py')

/** What the harness is told of a confirmation: the incumbent's source lies in a file beside the program. */
const writeConfirmation = async (confirmation: ConfirmationRequest | null | undefined, scratch: string) => {
  if (!confirmation) return null // absent in evaluations asked for by an earlier version
  const { index, incumbentSource } = confirmation
  if (incumbentSource === null) return { index, incumbent: null }
  const incumbent = path.join(scratch, 'incumbent.py')
  await writeFile(incumbent, incumbentSource)
  return { index, incumbent }
}

/** A copy for one evaluation: another one that is prepared meanwhile finds the cached one as it has to be, or mends it. */
const copyProblem = async ({ problemFolder }: EvaluationJob, own: string): Promise<string> => {
  const folder = path.join(own, 'problem')
  await cp(path.resolve(problemFolder), folder, { recursive: true })
  return folder
}

const functionCommand = async (job: EvaluationJob, program: string, own: string) => {
  const { options, seed } = job
  const folder = await copyProblem(job, own)
  return {
    arguments: ['-u', callEvaluator, '--early'],
    request: { folder, program, options, seed },
    sandbox: { options: options.sandbox ?? 'any', readable: [folder] },
  }
}

const commandOf = async (job: EvaluationJob, program: string, own: string) => {
  const { options, seed, compiledAbove, purpose } = job
  return job.evaluator === 'function'
    ? functionCommand(job, program, own)
    : {
        // -P: the scratch folder, where candidates write, is no place to import from.
        arguments: ['-P', '-u', '-m', 'optimized_kernels.measurement', '--early'],
        request: {
          ...{ program, options, seed, compiledAbove, purpose },
          confirmation: await writeConfirmation(job.confirmation, path.dirname(program)),
        },
      }
}

const removeFolder = async (folder: string): Promise<void> => {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    // A program can take the rights away from its own folders; that costs disk, not the verdict.
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM'))) throw error
  }
}

/**
 * Evaluates one program on this machine's device, waiting for the device if it is taken.
 * @returns the verdict, also on programs that crash or hang.
 * @throws ApplicationFailure `PythonMissing` or `InvalidEvaluation` (non-retryable), `EvaluationLost` (retryable); the
 * signal's reason.
 */
export const evaluateOnce = async (
  machine: EvaluationMachine,
  job: EvaluationJob,
  { signal, journalEntry, onPhase }: Watch = {},
): Promise<Evaluation> => {
  const own = await mkdtemp(path.join(os.tmpdir(), 'mlx-evolve-'))
  const scratch = path.join(own, 'scratch')
  try {
    await mkdir(scratch)
    const program = path.join(scratch, 'program.py')
    await writeFile(program, job.source)
    const { report, launcher } = await launch({
      // A bare name is looked up on PATH; a path must not depend on the folder it is used in.
      python: machine.python.includes(path.sep) ? path.resolve(machine.python) : machine.python,
      lockFile: path.resolve(machine.lockFile),
      timeoutSeconds: job.timeoutSeconds,
      ...(await commandOf(job, program, own)),
      early: true,
      journalEntry,
      cwd: scratch,
      remove: own,
      env: childEnvironment(process.env, {
        scratch,
        repoRoot: path.resolve(machine.repoRoot),
        cache: path.resolve(machine.cacheFolder),
      }),
      signal,
      onEvent: (event) => {
        const phase = phaseOf(event)
        if (phase !== undefined) onPhase?.(phase)
      },
    })
    const { timeoutSeconds, evaluator } = job
    return classify(report, { timeoutSeconds, evaluator, environment: machine.environment, launcher })
  } finally {
    await removeFolder(own)
  }
}

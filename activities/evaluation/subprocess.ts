import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ApplicationFailure } from '@temporalio/common'
import { execa } from 'execa'
import type { LaunchEvent, LaunchReport } from './launch-events.ts'
import { emptyReport, launchEvent, withEvent } from './launch-events.ts'

const launcher = path.join(import.meta.dirname, 'launch.py')
/** After an abort: what the launcher gets to clean up, then to obey SIGTERM, before it is killed. */
const cleanUpMs = 5000
const termMs = 2000

export interface Launch {
  /** Python interpreter, of the launcher and of the evaluation. */
  python: string
  lockFile: string
  timeoutSeconds: number
  /** Arguments of the interpreter: a script or `-m module`. */
  arguments: string[]
  /** The evaluation's stdin, one JSON line. */
  request: Record<string, unknown>
  /** Starts it before the device is free: it gets ready, and waits for an empty line after its request. */
  early?: boolean | undefined
  /** Confines the evaluation as a whole: the problem's `options.sandbox`, and what it may read. */
  sandbox?: { options: unknown; readable: string[] } | undefined
  /** Entry of the worker's journal that the launcher marks before it starts the evaluation. */
  journalEntry?: string | undefined
  /** Scratch folder. */
  cwd: string
  /** What the launcher removes where the worker cannot. */
  remove: string
  /** The whole environment of the evaluation. */
  env: Record<string, string>
  signal?: AbortSignal | undefined
  onEvent?: ((event: LaunchEvent) => void) | undefined
}

const pythonMissing = (python: string, cause: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'PythonMissing',
    nonRetryable: true,
    message: `Python not found at ${python} (${cause}): run \`npm start\` or \`node scripts/install.mjs\`, which install it`,
  })

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Asks the launcher to clean up by closing its stdin, then with SIGTERM, and kills it where it does neither. */
const stopOnAbort = (pid: number, closeStdin: () => void, signal: AbortSignal | undefined): (() => void) => {
  const timers: NodeJS.Timeout[] = []
  const stop = (): void => {
    closeStdin()
    timers.push(setTimeout(() => signalGroup(pid, 'SIGTERM'), cleanUpMs))
    timers.push(setTimeout(() => signalGroup(pid, 'SIGKILL'), cleanUpMs + termMs))
  }
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return () => {
    signal?.removeEventListener('abort', stop)
    timers.forEach(clearTimeout)
  }
}

const collect = async (channel: Readable, onEvent: Launch['onEvent']): Promise<LaunchReport> => {
  let report = emptyReport()
  for await (const line of createInterface({ input: channel })) {
    const event = launchEvent.parse(JSON.parse(line))
    report = withEvent(report, event)
    onEvent?.(event)
  }
  return report
}

const sandboxArguments = (sandbox: Launch['sandbox']): string[] =>
  sandbox === undefined
    ? []
    : ['--sandbox', JSON.stringify(sandbox.options), ...sandbox.readable.flatMap((path) => ['--readable', path])]

/**
 * Runs one evaluation under the launcher and gathers what it reports. `launcher` says how the launcher itself ended.
 * @throws ApplicationFailure `PythonMissing`, non-retryable; and the signal's reason when it aborts.
 */
export const launch = async (options: Launch): Promise<{ report: LaunchReport; launcher: string }> => {
  const { python, lockFile, timeoutSeconds, cwd, env, signal } = options
  signal?.throwIfAborted()
  const limits = ['--lock', lockFile, '--timeout', String(timeoutSeconds), '--scratch', cwd, '--remove', options.remove]
  limits.push(...sandboxArguments(options.sandbox))
  if (options.early) limits.push('--early')
  if (options.journalEntry !== undefined) limits.push('--journal', options.journalEntry)
  // -E -S: the launcher takes nothing from the evaluation's environment, and starts sooner for it.
  const subprocess = execa(python, ['-E', '-S', launcher, ...limits, '--', python, ...options.arguments], {
    cwd,
    env,
    extendEnv: false,
    // A group of its own: Ctrl-C at the terminal is for the worker to handle.
    detached: true,
    reject: false,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    buffer: { stderr: true, fd3: false },
    maxBuffer: { stderr: 65_536 },
  })
  const { pid, stdin } = subprocess
  const channel = subprocess.stdio[3]
  if (pid === undefined || !channel) {
    const result = await subprocess
    throw pythonMissing(python, result.code ?? result.shortMessage ?? 'no reason given')
  }
  // Closed too early is how a broken launcher shows; what it says at its end tells more.
  stdin.on('error', () => undefined)
  stdin.write(`${JSON.stringify(options.request)}\n`)
  const forget = stopOnAbort(pid, () => stdin.end(), signal)
  try {
    const report = await collect(channel, options.onEvent)
    const result = await subprocess
    signal?.throwIfAborted()
    return { report, launcher: [result.shortMessage ?? 'exit code 0', result.stderr].join('\n').trim() }
  } finally {
    stdin.end()
    await subprocess
    forget()
  }
}

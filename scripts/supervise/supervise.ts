import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CodecServer } from '../../temporal/codec-server.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import type { DevServer, DevServerOptions } from '../../temporal/dev-server.ts'
import { homeFile } from '../../temporal/home.ts'
import { assertHomeWritable } from '../../temporal/writable-home.ts'
import { serveCodec } from './codec-service.ts'
import type { OnEvent, WorkerKind } from './events.ts'
import { takeLock } from './lock.ts'
import { keepServing, serverUp, stopOwnServer } from './server-process.ts'
import { keepRunning } from './worker-process.ts'

export interface SuperviseOptions {
  /** Whether the dev server is ours to run; false where the environment names a server. */
  server: boolean
  /** Stops everything: workers gracefully, then the server. */
  signal: AbortSignal
  workers?: WorkerKind[]
  /** Program that is a worker of this kind; by default the command line's `worker <kind>`. */
  command?: (kind: WorkerKind) => [string, ...string[]]
  /** After this long, milliseconds, workers are killed: longer than they take to finish or hand back their work. */
  drainMs?: number
  devServer?: DevServerOptions
  onEvent?: OnEvent
}

export interface Supervision {
  /** null where the environment names a server. */
  server: DevServer | null
  /** Settles when everything has ended, after the signal or because something cannot be kept running. */
  stopped: Promise<void>
}

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

/**
 * Runs dev server and workers as processes of their own, and starts again whichever dies. Resolves when the server
 * answers and the workers have been started.
 *
 * @throws HomeUnwritable, SupervisorRunning, PortInUse, DevServerFailed, KeyRingInvalid
 */
export async function superviseEmbedded(options: SuperviseOptions): Promise<Supervision> {
  const { workers = ['orchestrator', 'mlx'], devServer = {}, onEvent = () => {} } = options
  await assertHomeWritable()
  const unlock = takeLock()
  let server: DevServer | null = null
  let codec: CodecServer | null = null
  try {
    dataConverter() // a bad key ring must show before anything is started
    server = options.server ? await serverUp(devServer, onEvent) : null
    codec = server === null ? null : await serveCodec(server, onEvent)
  } catch (error) {
    unlock()
    throw error
  }
  // One that cannot be kept running takes the others along.
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const stopOnFailure = async (task: Promise<void>) => {
    try {
      await task
    } catch (error) {
      failed.abort()
      throw error
    }
  }
  const tasks = workers.map((kind) => stopOnFailure(keepRunning(workerOptions(kind, options, signal, onEvent))))
  // The server stays up until the last worker has said good-bye to it.
  const workersEnded = new AbortController()
  const serving = server
    ? stopOnFailure(keepServing(server, devServer, workersEnded.signal, onEvent))
    : Promise.resolve()
  const stopped = settle(signal, Promise.allSettled(tasks), Promise.allSettled([serving]), workersEnded)
    .finally(() => codec?.close())
    .finally(unlock)
  return { server, stopped }
}

type Outcomes = Promise<PromiseSettledResult<void>[]>

/** Waits for the signal and the workers, then takes the server down; the first failure is thrown in the end. */
async function settle(
  signal: AbortSignal,
  workers: Outcomes,
  serving: Outcomes,
  workersEnded: AbortController,
): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  const outcomes = await workers
  workersEnded.abort()
  outcomes.push(...(await serving))
  await stopOwnServer()
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure) throw failure.reason
}

function workerOptions(kind: WorkerKind, options: SuperviseOptions, signal: AbortSignal, onEvent: OnEvent) {
  const { command = (k) => [process.execPath, main, 'worker', k], drainMs = 30_000 } = options
  return {
    kind,
    command: command(kind),
    env: kind === 'mlx' ? withoutModelKey(process.env) : process.env,
    log: homeFile(`${kind}.log`),
    signal,
    drainMs,
    onEvent,
  }
}

/** Candidates run beneath the mlx worker; the key is the orchestrator's alone. */
function withoutModelKey({ OPENAI_API_KEY: _key, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest
}

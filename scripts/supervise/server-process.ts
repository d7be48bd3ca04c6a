import {
  type DevServer,
  DevServerFailed,
  type DevServerOptions,
  startDevServer,
  stopDevServer,
} from '../../temporal/dev-server.ts'
import { PortInUse } from '../../temporal/ports.ts'
import { isRunning, thisProcess } from '../../temporal/process-reference.ts'
import { readServerRecord } from '../../temporal/server-record.ts'
import { Backoff } from './backoff.ts'
import type { OnEvent } from './events.ts'
import { pause } from './pause.ts'

const lookMs = 500

/** Starts or adopts the dev server and tells about it. */
export async function serverUp(options: DevServerOptions, onEvent: OnEvent): Promise<DevServer> {
  const server = await startDevServer(options)
  onEvent({ what: 'server-up', pid: server.process.pid, address: server.address, adopted: server.adopted })
  return server
}

/** Starts the dev server again, on the same port, whenever it dies; resolves when the signal is given. */
export async function keepServing(
  server: DevServer,
  options: DevServerOptions,
  signal: AbortSignal,
  onEvent: OnEvent,
): Promise<void> {
  const backoff = new Backoff()
  const port = Number(new URL(`tcp://${server.address}`).port)
  let current = server
  let started = performance.now()
  while (!signal.aborted) {
    await pause(lookMs, signal)
    if (signal.aborted || isRunning(current.process)) continue
    onEvent({ what: 'server-down', pid: current.process.pid })
    const next = await serverAgain({ ...options, port }, backoff, performance.now() - started, signal, onEvent)
    if (next === null) return
    current = next
    started = performance.now()
  }
}

/** Tries until the server is up, since runs are worth waiting for; null if the signal comes first. */
async function serverAgain(
  options: DevServerOptions,
  backoff: Backoff,
  ranMs: number,
  signal: AbortSignal,
  onEvent: OnEvent,
): Promise<DevServer | null> {
  let waitMs = backoff.after(ranMs)
  for (;;) {
    await pause(waitMs, signal)
    if (signal.aborted) return null
    try {
      return await serverUp(options, onEvent)
    } catch (error) {
      if (!(error instanceof DevServerFailed || error instanceof PortInUse)) throw error
      waitMs = backoff.after(0)
      onEvent({ what: 'server-failed', reason: error.message, retryInMs: waitMs })
    }
  }
}

/** Stops the dev server, unless another living process started it. */
export async function stopOwnServer(): Promise<void> {
  const record = readServerRecord()
  if (record === null) return
  const { pid, started } = thisProcess()
  if (record.startedBy.pid === pid && record.startedBy.started === started) await stopDevServer()
}

import { setTimeout as delay } from 'node:timers/promises'
import { NativeConnection } from '@temporalio/worker'
import { type ConnectOptions, type ResolvedConnection, resolveConnection, ServerUnreachable } from './connection.ts'

/**
 * The connection that workers use. They may be started before their server: it is waited for.
 *
 * @throws ServerUnreachable
 */
export async function connectWorker({
  to = resolveConnection(),
  waitMs = 10_000,
}: ConnectOptions = {}): Promise<NativeConnection> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const attempt = await tryConnect(to, Math.max(1, deadline - performance.now()))
    if (attempt instanceof NativeConnection) return attempt
    if (performance.now() + betweenMs > deadline) throw new ServerUnreachable(to, waitMs, attempt)
    await delay(betweenMs)
  }
}

const betweenMs = 250

/** One attempt; the reason where it fails. A connection that comes too late is closed again. */
async function tryConnect(to: ResolvedConnection, limitMs: number): Promise<NativeConnection | Error> {
  const attempt = NativeConnection.connect(to.connectionOptions).catch((error: Error) => error)
  const { promise: limit, resolve } = Promise.withResolvers<Error>()
  const timer = setTimeout(() => resolve(new Error('no reply')), limitMs)
  const first = await Promise.race([attempt, limit])
  clearTimeout(timer)
  if (first instanceof Error) attempt.then((late) => (late instanceof Error ? undefined : late.close()))
  return first
}

import { Client, Connection } from '@temporalio/client'
import { type ResolvedConnection, resolveConnection } from './connection-options.ts'
import { dataConverter } from './data-converter.ts'
import { isRunning } from './process-reference.ts'
import { readServerRecord } from './server-record.ts'

export { type ConnectionSource, type ResolvedConnection, resolveConnection } from './connection-options.ts'

/** No Temporal server answered in time. */
export class ServerUnreachable extends Error {
  override name = 'ServerUnreachable'
  readonly address: string

  constructor({ address, source }: ResolvedConnection, waitMs: number, cause: unknown) {
    const mend = {
      environment: 'Check TEMPORAL_ADDRESS, or unset it to use the embedded server.',
      profile: 'Check the address in the Temporal profile (TEMPORAL_PROFILE, config file).',
      embedded: 'Start one with `npx mlx-evolve server` (or `npm start`), or name one with TEMPORAL_ADDRESS.',
    }[source]
    const within = `${(waitMs / 1000).toFixed(0)} s`
    super(`No Temporal server answered at ${address} within ${within} (${reasonOf(cause)}). ${mend}`, { cause })
    this.address = address
  }
}

export interface ConnectOptions {
  /** Default: what the environment says. */
  to?: ResolvedConnection
  /** How long to keep trying, milliseconds. */
  waitMs?: number
}

/**
 * A client of the server that the environment names, else of the embedded one, which is not waited for long where it
 * is not running. Close it with `client.connection.close()`.
 *
 * @throws ServerUnreachable, KeyRingInvalid
 */
export async function connectClient({
  to = resolveConnection(),
  waitMs = 10_000,
}: ConnectOptions = {}): Promise<Client> {
  const converter = dataConverter()
  const patience = to.source === 'embedded' && !embeddedServerRuns() ? Math.min(waitMs, 1000) : waitMs
  const connection = Connection.lazy({ ...to.connectionOptions, connectTimeout: patience })
  try {
    await connection.ensureConnected()
    // The connection accepts anything that speaks HTTP/2; only a Temporal server knows this call.
    await connection.withDeadline(Date.now() + patience, () => connection.workflowService.getSystemInfo({}))
  } catch (error) {
    await connection.close()
    throw new ServerUnreachable(to, patience, error)
  }
  return new Client({ connection, namespace: to.namespace, dataConverter: converter })
}

function embeddedServerRuns(): boolean {
  const record = readServerRecord()
  return record !== null && isRunning(record.process)
}

/** The innermost cause, without the dump that the native connection wraps around the system's words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return /message: "([^"]+)"/.exec(error.message)?.[1] ?? error.message
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { temporalCliPath, temporalCliPresent } from '../scripts/setup/paths.ts'
import { untilHealthy } from './health.ts'
import { homeFile, homeFolder } from './home.ts'
import { assertFree } from './ports.ts'
import { isRunning, type ProcessReference, referTo, thisProcess } from './process-reference.ts'
import { embeddedRetentionDays, setRetention } from './retention.ts'
import { deleteServerRecord, readServerRecord, type ServerRecord, writeServerRecord } from './server-record.ts'

export interface DevServerOptions {
  /** Port of the gRPC front end; the UI takes it + 1000, the codec server it + 1001. Default: `MLX_EVOLVE_PORT`, else 7233. */
  port?: number
  namespace?: string
  /** Server settings beyond the defaults, e.g. `{ 'limit.historyCount.suggestContinueAsNew': 500 }`. */
  dynamicConfig?: Record<string, unknown>
}

/** A running dev server. */
export interface DevServer {
  process: ProcessReference
  /** `host:port` of the gRPC front end. */
  address: string
  /** URL of the web UI. */
  uiAddress: string
  /** It was running before. */
  adopted: boolean
}

/** The dev server does not come up, or does not answer any more. */
export class DevServerFailed extends Error {
  override name = 'DevServerFailed'
}

/** Port of the codec server that the UI asks, from the port of the gRPC front end. */
export const codecPort = (port: number): number => port + 1001

/**
 * A worker that polls one of several partitions of a queue learns late of what waits in the others: with four of them, the
 * server's default, the device was busy 90 % of the time instead of 99. Only writing is limited, so that what an earlier
 * server has put elsewhere is still found.
 */
const ownConfig = { 'matching.numTaskqueueWritePartitions': 1 }

/**
 * Every transaction is on the disk before the server answers, as by default; but a log in front of the database takes one
 * sync for that where the default, a journal file made and removed for each, takes three. On a Mac a sync stops at the
 * drive's cache but for the last of these. A cache of 64 MiB, where 2 are the default, and a log that is worked off after 32,
 * where 4 are, cost no safety.
 */
const pragmas = {
  journal_mode: 'WAL',
  synchronous: 'FULL',
  fullfsync: 'ON',
  cache_size: -65_536,
  wal_autocheckpoint: 8000,
}

const startLimitMs = 60_000
const stopLimitMs = 10_000
const releaseLimitMs = 5000

/**
 * Starts the Temporal dev server on a database file, or adopts the one that already runs on it.
 *
 * It is a process group of its own and outlives its starter: runs survive, and the next start adopts it.
 *
 * @throws PortInUse, DevServerFailed
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  mkdirSync(homeFolder(), { recursive: true })
  const namespace = options.namespace ?? 'default'
  const recorded = readServerRecord()
  const adopted = recorded !== null && isRunning(recorded.process)
  const record = adopted ? recorded : await launch(options, namespace, recorded !== null)
  const clusterId = await healthyCluster(record, namespace)
  // Who adopts a server whose starter has died answers for it from now on.
  const startedBy = isRunning(record.startedBy) ? record.startedBy : thisProcess()
  writeServerRecord({ ...record, clusterId, startedBy })
  const connection = await Connection.connect({ address: record.address })
  try {
    await setRetention(connection, namespace, embeddedRetentionDays)
  } finally {
    await connection.close()
  }
  return { process: record.process, address: record.address, uiAddress: record.uiAddress, adopted }
}

/** Stops the recorded dev server, by force where it does not go by itself. Does nothing if none runs. */
export async function stopDevServer(): Promise<void> {
  const record = readServerRecord()
  if (record === null) return
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(record.process)) break
    process.kill(record.process.pid, signal)
    const deadline = performance.now() + stopLimitMs
    while (isRunning(record.process) && performance.now() < deadline) await delay(20)
  }
  deleteServerRecord()
}

async function launch(options: DevServerOptions, namespace: string, hadOne: boolean): Promise<ServerRecord> {
  if (!temporalCliPresent()) throw new DevServerFailed('The Temporal CLI is missing: run `node scripts/install.mjs`.')
  const port = options.port ?? portFromEnvironment()
  const patienceMs = hadOne ? releaseLimitMs : 0
  await assertFree(port, 'the Temporal server', patienceMs)
  await assertFree(port + 1000, 'the Temporal UI', patienceMs)
  const database = homeFile('temporal.db')
  const log = openSync(homeFile('server.log'), 'a')
  const child = spawn(temporalCliPath(), serverArguments(port, database, namespace, options.dynamicConfig ?? {}), {
    detached: true,
    stdio: ['ignore', log, log],
    env: environmentForServer(),
  })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  const reference = child.pid === undefined ? null : referTo(child.pid)
  if (reference === null) throw new DevServerFailed(`The Temporal dev server ended at once. ${lastWords()}`)
  const record: ServerRecord = {
    process: reference,
    startedBy: thisProcess(),
    address: `127.0.0.1:${port}`,
    uiAddress: `http://127.0.0.1:${port + 1000}`,
    database,
    clusterId: null,
  }
  // Before it is healthy, so that a starter killed meanwhile leaves a server that can be found.
  writeServerRecord(record)
  return record
}

async function healthyCluster(record: ServerRecord, namespace: string): Promise<string> {
  const deadline = performance.now() + startLimitMs
  const health = await untilHealthy(
    record.address,
    namespace,
    () => isRunning(record.process) && performance.now() < deadline,
  )
  const { pid } = record.process
  if (health === null) {
    const state = isRunning(record.process)
      ? `does not answer at ${record.address}; stop it with \`kill ${pid}\` and start again`
      : 'has ended'
    throw new DevServerFailed(`The Temporal dev server (process ${pid}) ${state}. ${lastWords()}`)
  }
  if (record.clusterId !== null && record.clusterId !== health.clusterId) {
    throw new DevServerFailed(`Another Temporal server answers at ${record.address}: stop it, or set MLX_EVOLVE_PORT.`)
  }
  return health.clusterId
}

function serverArguments(port: number, database: string, namespace: string, config: Record<string, unknown>): string[] {
  const settings = Object.entries({ ...ownConfig, ...config }).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(value)}`,
  ])
  settings.push(...Object.entries(pragmas).flatMap(([name, value]) => ['--sqlite-pragma', `${name}=${value}`]))
  const ports = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(port + 1000)]
  ports.push('--ui-codec-endpoint', `http://127.0.0.1:${codecPort(port)}`)
  return ['server', 'start-dev', ...ports, '--db-filename', database, '--namespace', namespace, ...settings]
}

function portFromEnvironment(): number {
  const text = process.env.MLX_EVOLVE_PORT || '7233'
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port <= 64_534) return port
  throw new Error(`MLX_EVOLVE_PORT is ${JSON.stringify(text)}: a port from 1 to 64534 is expected`)
}

/** No secrets, and none of the `TEMPORAL_*` settings that are meant for clients. */
function environmentForServer(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG } = process.env
  return Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR, LANG }).filter(([, value]) => value !== undefined))
}

function lastWords(): string {
  const lines = readFileSync(homeFile('server.log'), 'utf8').trim().split('\n').slice(-3)
  return `Its log, ${homeFile('server.log')}, ends:\n${lines.join('\n')}`
}

import { type LogLevel, Runtime, type Logger as TemporalLogger } from '@temporalio/worker'
import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

/**
 * The process's log on stderr: for people where that is a terminal, else one JSON object a line. `MLX_EVOLVE_LOG_LEVEL`
 * chooses the level, `info` by default.
 *
 * @throws Error if the variable names no level
 */
export function createLogger(name: string, env: NodeJS.ProcessEnv = process.env): Logger {
  const level = env.MLX_EVOLVE_LOG_LEVEL || 'info'
  if (!levels.includes(level)) {
    throw new Error(`MLX_EVOLVE_LOG_LEVEL is ${JSON.stringify(level)}: one of ${levels.join(', ')} is expected`)
  }
  // Written at once: the last lines of a process that is killed are the ones that matter.
  const stream = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true })
  return pino({ name, level, base: { pid: process.pid } }, stream)
}

/**
 * Hands entries of Temporal's SDK to pino. Their time travels as nanoseconds in a bigint under a symbol, which JSON
 * cannot hold; it becomes `at`, the time of the event itself, since entries arrive up to 100 ms late.
 */
export function temporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: Record<string | symbol, unknown> = {}) => {
    const nanoseconds = meta[Symbol.for('log_timestamp')]
    const at = typeof nanoseconds === 'bigint' ? { at: new Date(Number(nanoseconds / 1_000_000n)).toISOString() } : {}
    // pino serializes errors under `err` only.
    const { error, ...rest } = meta
    logger[pinoLevel[level]]({ ...rest, ...(error === undefined ? {} : { err: error }), ...at }, message)
  }
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  }
}

const pinoLevel = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

export interface RuntimeSettings {
  logger: Logger
  /** `host:port` that serves the SDK's metrics to Prometheus; none by default. */
  metricsAddress?: string
}

/** Installs Temporal's runtime: call it once, before the first connection of a worker. */
export function installRuntime({ logger, metricsAddress }: RuntimeSettings): void {
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  })
}

import path from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { giveBundles, takeBundles } from './bundles.ts'
import { type Engine, repoRoot } from './engine.ts'

export const main = path.join(repoRoot, 'scripts/cli/main.ts')

export interface WorkerProcess {
  pid: number
  /** Lines of its log so far. */
  log: readonly string[]
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
}

/** A real worker process, polling when this resolves. @param command the command line's own, or another checkout's. */
export const startWorker = async (
  engine: Engine,
  kind: 'orchestrator' | 'mlx',
  env: NodeJS.ProcessEnv = {},
  command = main,
): Promise<WorkerProcess> => {
  const child = execa(process.execPath, [command, 'worker', kind], {
    env: { ...engine.env, MLX_EVOLVE_LOG_LEVEL: 'info', ...env },
    extendEnv: false,
    stdin: 'ignore',
    buffer: false,
    reject: false,
  })
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream })
  const log: string[] = []
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line)
      if (line.includes('polls')) resolve()
    })
    child.then(() => reject(new Error(`${kind} worker ended:\n${log.join('\n')}`)), reject)
  })
  return {
    pid: child.pid ?? 0,
    log,
    kill: async (signal) => {
      child.kill(signal)
      await child
    },
  }
}

/** Both workers, and a way to end them. */
export const startWorkers = async (engine: Engine, env: NodeJS.ProcessEnv = {}) => {
  takeBundles(engine.home)
  const [orchestrator, mlx] = await Promise.all([
    startWorker(engine, 'orchestrator', env),
    startWorker(engine, 'mlx', env),
  ])
  giveBundles(engine.home)
  return {
    orchestrator,
    mlx,
    stop: async () => {
      await Promise.all([orchestrator.kill('SIGTERM'), mlx.kill('SIGTERM')])
    },
  }
}

/** Runs the command line to its end. */
export const cli = (engine: { env: NodeJS.ProcessEnv }, args: string[], env: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [main, ...args], {
    env: { ...engine.env, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    cwd: repoRoot,
  })

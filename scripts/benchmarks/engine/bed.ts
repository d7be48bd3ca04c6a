import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Client } from '@temporalio/client'
import { type ExecaError, execa, type Options, type ResultPromise } from 'execa'
import getPort from 'get-port'
import { connectClient } from '../../../temporal/connection.ts'
import { startDevServer, stopDevServer } from '../../../temporal/dev-server.ts'
import { repoRoot } from '../../../workers/folders.ts'

const main = path.join(repoRoot, 'scripts/cli/main.ts')

/** A program of the bench that runs beside it, and its process id. */
export interface Companion {
  pid: number
  stop: () => Promise<void>
}

/** Starts a Node program and waits for the line that says that it is ready. @returns it and that line. */
export const startCompanion = async (args: string[], ready: RegExp, env: NodeJS.ProcessEnv = {}) => {
  const options = { env, all: true, buffer: false, reject: false, stdin: 'ignore' } as const satisfies Options
  const child: ResultPromise<typeof options> = execa(process.execPath, args, options)
  const ended = child.then((result) => {
    throw new Error(`${args.join(' ')} ended: ${(result as unknown as ExecaError).shortMessage ?? 'no reason'}`)
  })
  const line = await Promise.race([firstLine(child.all as NodeJS.ReadableStream, ready), ended])
  ended.catch(() => undefined) // from now on it is stopped by us
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await child
  }
  return { pid: child.pid ?? 0, line, stop }
}

const firstLine = (stream: NodeJS.ReadableStream, ready: RegExp): Promise<string> =>
  new Promise((resolve) => {
    createInterface({ input: stream }).on('line', (line) => {
      if (ready.test(line)) resolve(line)
    })
  })

/** A model server of its own process. @returns its base URL. */
export const startModel = async (latencyMs: number): Promise<Companion & { url: string }> => {
  const script = path.join(repoRoot, 'test/model-stub/main.ts')
  const stub = await startCompanion([script, '--port', '0', '--latency-ms', String(latencyMs)], /^OPENAI_BASE_URL=/)
  return { ...stub, url: stub.line.split('=')[1] ?? '' }
}

/** A Temporal server in a home folder of its own. */
export interface Bed {
  client: Client
  home: string
  serverPid: number
  close: () => Promise<void>
}

/** Starts the embedded server with its own database settings, for a bench. Sets this process's environment. */
export const startBed = async (dynamicConfig: Record<string, unknown> = {}): Promise<Bed> => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-bench-'))
  Object.assign(process.env, {
    MLX_EVOLVE_HOME: home,
    MLX_EVOLVE_RUNS: path.join(home, 'runs'),
    MLX_EVOLVE_DEVICE_LOCK: path.join(home, 'device.lock'),
    MLX_EVOLVE_CALIBRATE: '0',
  })
  const server = await startDevServer({ port: await getPort(), dynamicConfig })
  process.env.TEMPORAL_ADDRESS = server.address
  const client = await connectClient()
  const close = async (): Promise<void> => {
    await client.connection.close()
    await stopDevServer()
  }
  return { client, home, serverPid: server.process.pid, close }
}

/** A worker process as the command line starts it. */
export const startWorker = (kind: 'orchestrator' | 'mlx', env: NodeJS.ProcessEnv = {}): Promise<Companion> =>
  startCompanion([main, 'worker', kind], /polls/, env)

/** Ends everything, last one first, when the bench is over or interrupted. */
export const closing = () => {
  const steps: (() => Promise<void>)[] = []
  let last: Promise<void> = Promise.resolve()
  // What an interruption has begun to end is waited for by the bench that fails of it.
  const close = (): Promise<void> => {
    const ending = steps.splice(0).reverse()
    last = last.then(async () => {
      for (const step of ending) await step().catch((error: unknown) => console.error(error))
    })
    return last
  }
  once(process, 'SIGINT').then(async () => {
    await close()
    process.exit(130)
  })
  return { later: (step: () => Promise<void>) => steps.push(step), close }
}

import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
import getPort from 'get-port'
import { connectClient } from '../../temporal/connection.ts'
import { startDevServer, stopDevServer } from '../../temporal/dev-server.ts'

export const repoRoot = fileURLToPath(new URL('../..', import.meta.url))

/** A real Temporal dev server in a home folder of its own. */
export interface Engine {
  client: Client
  address: string
  home: string
  /** Folder of run results. */
  runs: string
  /** Environment for commands and workers that belong to this engine; no model key unless given. */
  env: NodeJS.ProcessEnv
  close: () => Promise<void>
}

/** Starts a server for one test file. It sets this process's environment, as a shell would. */
export const startEngine = async (dynamicConfig: Record<string, unknown> = {}): Promise<Engine> => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-test-'))
  const runs = path.join(home, 'runs')
  delete process.env.OPENAI_API_KEY
  delete process.env.OPENAI_BASE_URL
  Object.assign(process.env, {
    MLX_EVOLVE_HOME: home,
    MLX_EVOLVE_RUNS: runs,
    MLX_EVOLVE_DEVICE_LOCK: path.join(home, 'device.lock'),
    MLX_EVOLVE_LOG_LEVEL: 'warn',
    // Workers of tests have no time to look at the machine first.
    MLX_EVOLVE_CALIBRATE: '0',
  })
  const { address } = await startDevServer({ port: await getPort(), dynamicConfig })
  process.env.TEMPORAL_ADDRESS = address
  const client = await connectClient()
  return {
    client,
    address,
    home,
    runs,
    // A CI service's variables would switch colours on.
    env: { ...process.env, NO_COLOR: '1' },
    close: async () => {
      await client.connection.close()
      process.env.MLX_EVOLVE_HOME = home // another engine of this file may have set its own
      await stopDevServer()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

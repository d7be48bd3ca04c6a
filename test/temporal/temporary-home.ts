import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort from 'get-port'
import { isRunning } from '../../temporal/process-reference.ts'
import { readServerRecord } from '../../temporal/server-record.ts'

const named = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_NAMESPACE', 'TEMPORAL_CONFIG_FILE', 'MLX_EVOLVE_PORT']

/** A home folder and a port of a test's own, in the environment while it lasts. */
export interface TemporaryHome {
  folder: string
  port: number
  /** Kills the server that was started in it and puts the environment back. */
  remove(): Promise<void>
}

export async function temporaryHome(): Promise<TemporaryHome> {
  const before = { ...process.env }
  for (const name of named) delete process.env[name]
  const folder = await mkdtemp(join(tmpdir(), 'mlx-evolve-home-'))
  const port = await freePort()
  process.env.MLX_EVOLVE_HOME = folder
  process.env.MLX_EVOLVE_PORT = String(port)
  // No profile of the person who runs the tests.
  process.env.TEMPORAL_CONFIG_FILE = join(folder, 'absent.toml')
  return {
    folder,
    port,
    remove: async () => {
      killServer()
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
      Object.assign(process.env, before)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function killServer(): void {
  const record = readServerRecord()
  if (record !== null && isRunning(record.process)) process.kill(record.process.pid, 'SIGKILL')
}

/** A free port whose UI port, 1000 above, is free too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await getPort({ host: '127.0.0.1' })
    if (port < 64_000 && (await getPort({ host: '127.0.0.1', port: port + 1000 })) === port + 1000) return port
  }
}

import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { execa } from 'execa'
import { KeyRingInvalid, keyRingFromEnvironment } from '../../temporal/codec/key-ring.ts'
import { homeFolder } from '../../temporal/home.ts'
import { runsFolder } from '../../workers/folders.ts'
import { mutatorFor } from '../../workers/orchestrator.ts'
import { pythonPath, temporalCliPath } from '../setup/paths.ts'
import { tail } from '../setup/step.ts'
import { type Check, fail, ok, warn } from './check.ts'

const install = 'run `node scripts/install.mjs`'
const gigabyte = 1e9

/** Node must strip types by itself. */
export function checkNode(version = process.versions.node): Check {
  const recent = Number(version.split('.')[0]) >= 24
  return recent ? ok('Node', version) : fail('Node', version, `Node 24 or later is needed: ${install}`)
}

/** Python, MLX, and the device that MLX computes on. */
export async function checkPython(): Promise<Check> {
  const show = `
import platform
import mlx.core as mx
print(f"Python {platform.python_version()}, MLX {mx.__version__} on {mx.default_device()}, {platform.machine()}")
`
  const result = await execa(pythonPath(), ['-c', show], { reject: false, timeout: 60_000 })
  if (!result.failed) return ok('Python and MLX', result.stdout.trim())
  return fail('Python and MLX', `${pythonPath()}: ${tail(result.stderr || (result.shortMessage ?? ''), 1)}`, install)
}

/** Needed for the embedded server only. */
export async function checkTemporalCli(): Promise<Check> {
  const result = await execa(temporalCliPath(), ['--version'], { reject: false, timeout: 20_000 })
  if (!result.failed) return ok('Temporal CLI', result.stdout.trim())
  return warn('Temporal CLI', `${temporalCliPath()} does not run`, `${install}; the embedded server needs it`)
}

/** Databases grow by some megabytes an hour; a full disk stops the embedded server. */
export async function checkDisk(): Promise<Check> {
  const { bavail, bsize } = await statfs(await existing(homeFolder()))
  const free = bavail * bsize
  const found = `${(free / gigabyte).toFixed(1)} GB free`
  const mend = `make room on the disk that holds ${homeFolder()}`
  if (free < 0.2 * gigabyte) return fail('Disk space', found, mend)
  return free < 2 * gigabyte ? warn('Disk space', found, mend) : ok('Disk space', found)
}

/** Results go to `runs/`, state to `.mlx-evolve/`. */
export async function checkWritable(folder: string): Promise<Check> {
  const name = `Write access to ${folder}`
  try {
    await access(await existing(folder), constants.W_OK)
    return ok(name, 'yes')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return fail(name, code, `give this user write access to ${folder}`)
  }
}

/** Folders that are written to. */
export const writtenFolders = (): string[] => [runsFolder(), homeFolder()]

/** The folder, or the nearest one above it that exists. */
async function existing(folder: string): Promise<string> {
  try {
    await access(folder)
    return folder
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return existing(dirname(folder))
    throw error
  }
}

/** Whether a model or the offline mutator will mutate. The key itself is never shown. */
export function checkMutator(env: NodeJS.ProcessEnv = process.env): Check {
  if (mutatorFor(env) === 'offline') return ok('Mutation', 'by the offline mutator: OPENAI_API_KEY is not set')
  const server = env.OPENAI_BASE_URL || 'the default OpenAI server'
  return ok('Mutation', `by a model at ${server}, OPENAI_API_KEY ${env.OPENAI_API_KEY ? 'is set' : 'is not set'}`)
}

/** Whether payloads are encrypted, and with which key. Keys themselves are never shown. */
export function checkEncryption(env: NodeJS.ProcessEnv = process.env): Check {
  try {
    const ring = keyRingFromEnvironment(env)
    if (ring === null) return ok('Encryption', 'off: who reads the Temporal server reads programs and prompts')
    return ok('Encryption', `on, key ${ring.current().id} of ${ring.file}`)
  } catch (error) {
    if (!(error instanceof KeyRingInvalid)) throw error
    return fail('Encryption', error.message, 'mend or restore the file, or unset MLX_EVOLVE_KEY_RING')
  }
}

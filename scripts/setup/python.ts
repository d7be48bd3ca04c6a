import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseBackend } from './backend.ts'
import { findPython } from './find-python.ts'
import { root, venvFolder } from './paths.ts'
import { fingerprint, requirementFiles } from './requirements.ts'
import { type Say, SetupFailure, type Step, tail } from './step.ts'

const interpreter = join(venvFolder, 'bin', 'python')
const stampFile = join(venvFolder, 'mlx-evolve-stamp.json')

/** Written last, so an environment without one is half-made and gets built anew. */
interface Stamp {
  backend: string
  /** `MLX_EVOLVE_PYTHON` it was made with, empty where unset. */
  python: string
  requirements: string
}

/** The virtual environment `.venv` with MLX and, small beside it, what the tests need. */
export const pythonStep = (env: NodeJS.ProcessEnv = process.env): Step => ({
  name: 'python',
  current: () => Boolean(env.MLX_EVOLVE_PYTHON_BIN) || environmentCurrent(env),
  provide: (say) => buildEnvironment(say, env),
})

function environmentCurrent(env: NodeJS.ProcessEnv): boolean {
  if (!existsSync(interpreter) || !existsSync(stampFile)) return false
  const stamp = JSON.parse(readFileSync(stampFile, 'utf8')) as Stamp
  if (env.MLX_EVOLVE_BACKEND && env.MLX_EVOLVE_BACKEND !== stamp.backend) return false
  return stamp.python === (env.MLX_EVOLVE_PYTHON ?? '') && stamp.requirements === fingerprint(stamp.backend)
}

async function buildEnvironment(say: Say, env: NodeJS.ProcessEnv): Promise<void> {
  const python = await findPython(env)
  const backend = await chooseBackend(env)
  const size = backend === 'cuda' ? 'about 2 GB, 2 to 10 minutes' : 'about 100 MB, half a minute to 3 minutes'
  say(`.venv from ${python.command} ${python.version} with MLX for ${backend}: downloads ${size}`)
  await rm(venvFolder, { recursive: true, force: true })
  await attempt(python.command, ['-m', 'venv', venvFolder], 'see the message above')
  const files = requirementFiles(backend).flatMap((file) => ['-r', file])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...files]
  await attempt(interpreter, pip, 'check that the Python package index can be reached, then start again')
  const show = 'import mlx.core as mx; print(mx.__version__, mx.default_device())'
  const device = await attempt(
    interpreter,
    ['-c', show],
    `choose another build with MLX_EVOLVE_BACKEND (now ${backend})`,
  )
  say(`MLX ${device}`)
  const stamp: Stamp = { backend, python: env.MLX_EVOLVE_PYTHON ?? '', requirements: fingerprint(backend) }
  await writeFile(stampFile, `${JSON.stringify(stamp)}\n`)
}

async function attempt(command: string, args: string[], byHand: string): Promise<string> {
  const { execa } = await import('execa')
  const result = await execa(command, args, { cwd: root, reject: false, stdin: 'ignore', all: true })
  if (!result.failed) return result.stdout.trim()
  const line = `\`${command} ${args.join(' ')}\` (${result.shortMessage ?? ''})\n${tail(result.all ?? '')}`
  throw new SetupFailure('the Python environment .venv could not be made', [line], byHand)
}

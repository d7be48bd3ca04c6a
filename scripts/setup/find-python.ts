import { SetupFailure, tail } from './step.ts'

const oldest = [3, 11] as const
const names = ['python3.13', 'python3.12', 'python3.11', 'python3']

// ensurepip is what Debian splits off into python3-venv.
const probe = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'

const byHand =
  'install Python 3.11 or later with its venv module (macOS: `brew install python@3.13`, ' +
  'Debian and Ubuntu: `apt install python3 python3-venv`), or set MLX_EVOLVE_PYTHON to one'

/** A Python that can make the virtual environment. */
export interface FoundPython {
  command: string
  version: string
}

/**
 * Finds a Python of at least 3.11 that has `venv`: `MLX_EVOLVE_PYTHON` alone where it is set, else by name on PATH.
 *
 * @throws SetupFailure naming every candidate and what was wrong with it
 */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<FoundPython> {
  const { execa } = await import('execa')
  const tried: string[] = []
  for (const command of env.MLX_EVOLVE_PYTHON ? [env.MLX_EVOLVE_PYTHON] : names) {
    const result = await execa(command, ['-c', probe], { reject: false, timeout: 30_000, env, extendEnv: false })
    const version = result.stdout.trim()
    if (result.code === 'ENOENT') tried.push(`${command}: not found`)
    else if (result.failed) tried.push(`${command}: ${tail(result.stderr || result.shortMessage || '', 1)}`)
    else if (isRecent(version)) return { command, version }
    else tried.push(`${command}: version ${version}, at least ${oldest.join('.')} is needed`)
  }
  throw new SetupFailure('no suitable Python', tried, byHand)
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}

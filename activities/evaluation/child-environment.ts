import { calibrationFolder } from './calibration.ts'

const passedOn = new Set([
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'LD_LIBRARY_PATH',
  'CUDA_HOME',
  'CUDA_PATH',
  'CUDA_VISIBLE_DEVICES',
])
const passedPrefix = /^(MLX|DYLD)_/
const secret = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i

const isPassedOn = (name: string): boolean => (passedOn.has(name) || passedPrefix.test(name)) && !secret.test(name)

/** Folders that the environment of an evaluation names. */
export interface EnvironmentFolders {
  scratch: string
  repoRoot: string
  /** Survives evaluations: compiled kernels are kept there. */
  cache: string
}

/** The whole environment of an evaluation: what running Python and MLX takes, and nothing the worker is entrusted with. */
export const childEnvironment = (
  own: Record<string, string | undefined>,
  folders: EnvironmentFolders,
): Record<string, string> => {
  const kept = Object.entries(own).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    return value !== undefined && isPassedOn(name)
  })
  return {
    // MLX on CUDA compiles kernels at run time and would do so in every evaluation's new temporary folder.
    MLX_PTX_CACHE_DIR: `${folders.cache}/ptx`,
    // On a CPU it runs a C++ compiler; the harness keeps what stock MLX's steps need, candidates get a copy.
    MLX_EVOLVE_KERNEL_CACHE: `${folders.cache}/cpu`,
    // What this machine's measurements are worth; the harness reads what is there.
    MLX_EVOLVE_CALIBRATIONS: calibrationFolder(folders.cache),
    ...Object.fromEntries(kept),
    HOME: folders.scratch,
    TMPDIR: folders.scratch,
    PYTHONPATH: folders.repoRoot,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
  }
}

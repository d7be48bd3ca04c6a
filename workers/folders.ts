import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's own folder. */
export const repoRoot = fileURLToPath(new URL('..', import.meta.url))

/** Folders that hold problem folders: those in `MLX_EVOLVE_PROBLEMS`, then the project's own. */
export const problemRoots = (env: NodeJS.ProcessEnv = process.env): string[] => [
  ...(env.MLX_EVOLVE_PROBLEMS ?? '').split(path.delimiter).filter(Boolean),
  path.join(repoRoot, 'problems'),
]

/** Folder of run results: `MLX_EVOLVE_RUNS`, else `runs` in the project's folder. */
export const runsFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MLX_EVOLVE_RUNS || path.join(repoRoot, 'runs')

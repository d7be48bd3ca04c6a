import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const defaultHome = fileURLToPath(new URL('../.mlx-evolve', import.meta.url))

/** Folder of everything that must outlive a process but is no result: `MLX_EVOLVE_HOME`, else `.mlx-evolve` here. */
export const homeFolder = (env: NodeJS.ProcessEnv = process.env): string => env.MLX_EVOLVE_HOME || defaultHome

/** A file in {@link homeFolder}. */
export const homeFile = (name: string, env: NodeJS.ProcessEnv = process.env): string => join(homeFolder(env), name)

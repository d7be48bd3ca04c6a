import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './node-modules.mjs'

export { root }

/** Folder of the project's Python virtual environment. */
export const venvFolder = join(root, '.venv')

/** Folder of programs that set-up fetched or built. */
export const toolsFolder = join(root, '.tools', 'bin')

/** The Python that has MLX: `MLX_EVOLVE_PYTHON_BIN`, else the virtual environment's. */
export const pythonPath = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MLX_EVOLVE_PYTHON_BIN || join(venvFolder, 'bin', 'python')

/** The Temporal CLI as set-up leaves it: a binary, or a link to the one that was on PATH. */
export const temporalCliPath = (): string => join(toolsFolder, 'temporal')

/** Whether set-up has provided the Temporal CLI; false too for a link whose target has gone. */
export const temporalCliPresent = (): boolean => existsSync(temporalCliPath())

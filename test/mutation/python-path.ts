import { fileURLToPath } from 'node:url'

/** The interpreter of the project's own virtual environment. */
export const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url))

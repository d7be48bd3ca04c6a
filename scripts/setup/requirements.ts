import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.ts'

/**
 * Lock files that make up the environment, relative to the root: MLX for the backend, then the tests' packages.
 *
 * The latter are installed always: a few megabytes, and one environment serves `npm start` and `npm test`.
 */
export const requirementFiles = (backend: string): string[] => [`requirements/${backend}.txt`, 'requirements/dev.txt']

/** SHA-256 over the lock files, hex; a missing file counts as empty, so pip gets to name it. */
export function fingerprint(backend: string): string {
  const hash = createHash('sha256')
  for (const file of requirementFiles(backend)) {
    const path = join(root, file)
    hash.update(`${file}\0`)
    if (existsSync(path)) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Code whose word a verdict is. */
const sources = ['activities/evaluation', 'optimized_kernels']

const filesUnder = async (root: string, folder: string): Promise<string[]> => {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /\.(ts|py)$/.test(entry.name))
  return files.map(({ parentPath, name }) => path.relative(root, path.join(parentPath, name)))
}

/** What evaluates on this machine, as `0.1.0-3f2a9c01b7de`: the package's version, and a hash of the code itself. */
export const evaluatorVersion = async (root = path.join(import.meta.dirname, '../..')): Promise<string> => {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string }
  const files = (await Promise.all(sources.map((folder) => filesUnder(root, folder)))).flat().sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0`).update(await readFile(path.join(root, file)))
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

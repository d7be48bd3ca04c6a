import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repoRoot } from './engine.ts'

const parts = [
  ...['activities', 'optimized_kernels', 'problems', 'scripts', 'temporal', 'test', 'workers', 'workflows'],
  ...['package.json', 'package-lock.json'],
]

/** Some text of a file, and what stands there in another version. */
export interface Change {
  file: string
  from: string
  to: string
}

/** A copy of this project, or of another checkout, with a change: another version. @returns its command line. */
export const otherCheckout = (folder: string, { file, from, to }: Change, base = repoRoot): string => {
  for (const part of parts) cpSync(path.join(base, part), path.join(folder, part), { recursive: true })
  for (const link of ['node_modules', '.venv']) symlinkSync(path.join(base, link), path.join(folder, link))
  const changed = path.join(folder, file)
  const text = readFileSync(changed, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`)
  writeFileSync(changed, text.replace(from, to))
  return path.join(folder, 'scripts/cli/main.ts')
}

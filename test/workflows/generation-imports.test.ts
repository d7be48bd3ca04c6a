import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const repoRoot = path.join(import.meta.dirname, '../..')

/** What a file imports as values: what a bundle of it contains. */
const valueImports = (file: string): string[] => {
  const statements = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s(?!type\b)(?:[^'"]*?\sfrom\s)?'([^']+)'/gm,
  )
  return [...statements].map(([, from = '']) => from)
}

/** Packages that a file reaches over the project's own files. */
const packagesOf = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const found = valueImports(file).map((from) =>
    from.startsWith('.') ? packagesOf(path.resolve(path.dirname(file), from), seen) : new Set([from]),
  )
  return new Set(found.flatMap((packages) => [...packages]))
}

test('a generation, of which a run has thousands, loads no schemas', () => {
  const evolution = packagesOf(path.join(repoRoot, 'workflows/evolution.ts'))
  expect([...evolution]).toContain('zod')
  const generation = packagesOf(path.join(repoRoot, 'workflows/generation.ts'))
  expect([...generation]).toContain('@temporalio/workflow')
  expect([...generation]).not.toContain('zod')
})

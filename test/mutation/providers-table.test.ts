import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { troubles } from '../model-stub/troubles.ts'
import { repoRoot } from '../support/engine.ts'

const page = readFileSync(path.join(repoRoot, 'docs/providers.md'), 'utf8')

/** Rows of the page's tables of troubles: what the provider does, what becomes of it, what is seen, where it is tested. */
const rows = page
  .split('\n')
  .filter((line) => /^\|(?! the provider|---)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

test('the page has a row for each trouble that the stub makes, and says what becomes of it', () => {
  const documented = rows.map(([what, becomes]) => `${what}: ${becomes?.replaceAll('`', '')}`)
  expect(documented.toSorted()).toEqual(troubles.map(({ row, becomes }) => `${row}: ${becomes}`).toSorted())
})

test.each(troubles)('$row: the words are those of the message', ({ row, words }) => {
  const [, , seen = ''] = rows.find(([what]) => what === row) ?? []
  expect(seen).toContain(words)
})

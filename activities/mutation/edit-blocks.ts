import { isMarker, toLines, unusable } from './patch-outcome.ts'

/** One SEARCH/REPLACE block. `search` holds at least one line that is not blank; an empty `replace` deletes. */
export interface Edit {
  search: string[]
  replace: string[]
}

export type Edits = { outcome: 'parsed'; edits: Edit[] } | { outcome: 'unusable'; reason: string }

const opening = /^\s*<{4,}\s*SEARCH\s*:?\s*$/i
const divider = /^\s*={5,}\s*$/
const closing = /^\s*>{4,}\s*REPLACE\s*$/i
const fence = /^\s*(`{3,}|~{3,})[\w+-]*\s*$/

/**
 * Reads the SEARCH/REPLACE blocks of a reply, in order. Text around the blocks, code fences around or inside a block
 * and carriage returns are ignored.
 */
export function parseEdits(reply: string): Edits {
  const edits: Edit[] = []
  let open: { search: string[]; replace: string[]; part: 'search' | 'replace' } | null = null
  for (const line of toLines(reply)) {
    if (opening.test(line)) {
      if (open !== null)
        return unusable(`block ${edits.length + 1} has no ">>>>>>> REPLACE" before the next one begins`)
      open = { search: [], replace: [], part: 'search' }
    } else if (open === null) {
    } else if (closing.test(line)) {
      if (open.part === 'search') return unusable(`block ${edits.length + 1} has no "=======" between its two parts`)
      const edit = tidy(open.search, open.replace)
      if (edit.search.every((searched) => searched.trim() === '')) {
        return unusable(`block ${edits.length + 1} has an empty SEARCH part: quote the lines to be replaced`)
      }
      edits.push(edit)
      open = null
    } else if (open.part === 'search' && divider.test(line)) {
      open.part = 'replace'
    } else {
      open[open.part].push(line)
    }
  }
  if (open !== null) return unusable(`block ${edits.length + 1} is cut off: it has no ">>>>>>> REPLACE"`)
  if (edits.length === 0) return unusable('the reply holds no SEARCH/REPLACE block')
  return { outcome: 'parsed', edits }
}

/** Takes off what models add to both parts: a code fence of its own, and block markers quoted as context. */
function tidy(search: string[], replace: string[]): Edit {
  const edit = { search: unfence(search), replace: unfence(replace) }
  if (sameMarker(edit.search[0], edit.replace[0])) {
    edit.search.shift()
    edit.replace.shift()
  }
  if (sameMarker(edit.search.at(-1), edit.replace.at(-1))) {
    edit.search.pop()
    edit.replace.pop()
  }
  return edit
}

function sameMarker(searched: string | undefined, replaced: string | undefined): boolean {
  return searched !== undefined && isMarker(searched) && searched.trim() === replaced?.trim()
}

function unfence(lines: string[]): string[] {
  const first = lines[0]
  const last = lines.at(-1)
  const fenced = lines.length >= 2 && first !== undefined && last !== undefined && fence.test(first) && fence.test(last)
  return fenced ? lines.slice(1, -1) : [...lines]
}

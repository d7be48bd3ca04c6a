import { type Edit, parseEdits } from './edit-blocks.ts'
import { findEvolveBlocks } from './evolve-block.ts'
import { findLines, losesNesting, type Match, type Range, reindent } from './match.ts'
import { isMarker, type PatchOutcome, quote, unusable } from './patch-outcome.ts'

interface Replacement {
  from: number
  to: number
  lines: string[]
}

/**
 * Applies the SEARCH/REPLACE blocks of a reply to the parent. Every SEARCH quotes the parent as it was shown, so the
 * blocks do not see each other's results and must not overlap. Only lines inside evolve blocks can change.
 */
export function applyPatch(parent: string, reply: string): PatchOutcome {
  const found = findEvolveBlocks(parent)
  if (found.outcome === 'unusable') return found
  const parsed = parseEdits(reply)
  if (parsed.outcome === 'unusable') return parsed
  const lines = parent.split('\n')
  const inside = found.blocks.map((block) => ({ from: block.start + 1, to: block.end }))
  const replacements: Replacement[] = []
  for (const edit of parsed.edits) {
    const placed = place(lines, inside, edit)
    if ('reason' in placed) return unusable(placed.reason)
    const other = replacements.find((earlier) => earlier.from < placed.to && placed.from < earlier.to)
    if (other) return unusable(`two SEARCH parts overlap at line ${Math.max(other.from, placed.from) + 1}`)
    replacements.push(placed)
  }
  return finish(parent, lines, replacements)
}

function place(lines: string[], inside: Range[], edit: Edit): Replacement | { reason: string } {
  const name = quote(edit.search.find((line) => line.trim() !== '') ?? '')
  if (edit.replace.some(isMarker)) return { reason: `the replacement of ${name} holds an EVOLVE-BLOCK marker` }
  const result = findLines(lines, inside, edit.search)
  if (result.outcome === 'none' && hasBlankEdge(edit.search)) return place(lines, inside, withoutBlankEdges(edit))
  if (result.outcome === 'several') {
    const numbers = result.at.slice(0, 5).map((at) => at + 1)
    return {
      reason: `SEARCH beginning ${name} matches ${result.at.length} places (lines ${numbers.join(', ')}): quote more lines`,
    }
  }
  if (result.outcome === 'none') {
    const outside = findLines(lines, [{ from: 0, to: lines.length }], edit.search).outcome !== 'none'
    return outside
      ? { reason: `SEARCH beginning ${name} reaches outside of the evolve block, which must stay as it is` }
      : { reason: `SEARCH beginning ${name} matches nothing in the evolve block: quote its lines as they are` }
  }
  return replacementAt(lines, edit, result.match, name)
}

function replacementAt(lines: string[], edit: Edit, match: Match, name: string): Replacement | { reason: string } {
  const to = match.at + edit.search.length
  const ending = lines[match.at]?.endsWith('\r') ? '\r' : ''
  const put = (replacing: string[]): Replacement => ({
    from: match.at,
    to,
    lines: replacing.map((line) => line + ending),
  })
  if (match.indents === null) return put(edit.replace)
  if (losesNesting(edit.search, lines.slice(match.at, to), match.indents)) {
    return { reason: `SEARCH beginning ${name} has lost the program's indentation: quote its lines as they are` }
  }
  return put(reindent(edit.replace, match.indents))
}

const isBlank = (line: string | undefined): boolean => line?.trim() === ''

const hasBlankEdge = (lines: string[]): boolean => isBlank(lines[0]) || isBlank(lines.at(-1))

/** Blank lines around a quotation are the model's layout; the same number of them goes from the replacement. */
function withoutBlankEdges({ search, replace }: Edit): Edit {
  const leading = search.findIndex((line) => !isBlank(line))
  const trailing = search.length - 1 - search.findLastIndex((line) => !isBlank(line))
  const trimmed = [...replace]
  for (let i = 0; i < leading && isBlank(trimmed[0]); i++) trimmed.shift()
  for (let i = 0; i < trailing && isBlank(trimmed.at(-1)); i++) trimmed.pop()
  return { search: search.slice(leading, search.length - trailing), replace: trimmed }
}

function finish(parent: string, lines: string[], replacements: Replacement[]): PatchOutcome {
  const child = [...lines]
  for (const { from, to, lines: replacing } of replacements.toSorted((a, b) => b.from - a.from)) {
    child.splice(from, to - from, ...replacing)
  }
  const source = child.join('\n')
  return source === parent ? unusable('the edits change nothing') : { outcome: 'patched', source }
}

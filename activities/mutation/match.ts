/** Where a searched run of lines lies: index of its first line, and how leading white space maps into the source. */
export interface Match {
  at: number
  /** Indentation in the search → indentation in the source; `null` where both are the same. */
  indents: Map<string, string> | null
}

export type MatchOutcome =
  | { outcome: 'unique'; match: Match }
  | { outcome: 'none' }
  | { outcome: 'several'; at: number[] }

/** Half-open range of line indices. */
export interface Range {
  from: number
  to: number
}

const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? ''

/** From strict to lenient; a strict match wins over lenient ones. */
const comparisons: ReadonlyArray<{ same: (a: string, b: string) => boolean; reindents: boolean }> = [
  { same: (a, b) => a === b, reindents: false },
  { same: (a, b) => a.trimEnd() === b.trimEnd(), reindents: false },
  { same: (a, b) => a.trim() === b.trim(), reindents: true },
]

/** Finds the one place, wholly inside one of the ranges, where the searched lines stand. */
export function findLines(lines: readonly string[], ranges: readonly Range[], search: readonly string[]): MatchOutcome {
  for (const { same, reindents } of comparisons) {
    const places = ranges.flatMap((range) => placesIn(lines, range, search, same))
    const [at] = places
    if (places.length > 1) return { outcome: 'several', at: places }
    if (at === undefined) continue
    const indents = reindents ? mapIndents(search, lines.slice(at, at + search.length)) : null
    return { outcome: 'unique', match: { at, indents } }
  }
  return { outcome: 'none' }
}

function placesIn(
  lines: readonly string[],
  range: Range,
  search: readonly string[],
  same: (a: string, b: string) => boolean,
): number[] {
  const places: number[] = []
  for (let at = range.from; at + search.length <= range.to; at++) {
    if (search.every((line, offset) => same(lines[at + offset] ?? '', line))) places.push(at)
  }
  return places
}

function mapIndents(search: readonly string[], found: readonly string[]): Map<string, string> {
  const indents = new Map<string, string>()
  for (const [index, line] of search.entries()) {
    if (line.trim() === '') continue
    const indent = indentOf(line)
    if (!indents.has(indent)) indents.set(indent, indentOf(found[index] ?? ''))
  }
  return indents
}

/** Whether equal indentation in the search stands for different indentation in the source: then nesting was lost. */
export function losesNesting(
  search: readonly string[],
  found: readonly string[],
  indents: Map<string, string>,
): boolean {
  return search.some(
    (line, index) => line.trim() !== '' && indents.get(indentOf(line)) !== indentOf(found[index] ?? ''),
  )
}

/** Moves lines written with the search's indentation to the source's, by the longest known indentation of each. */
export function reindent(lines: readonly string[], indents: Map<string, string>): string[] {
  const known = [...indents.keys()].sort((a, b) => b.length - a.length)
  return lines.map((line) => {
    if (line.trim() === '') return line
    const indent = indentOf(line)
    const base = known.find((candidate) => indent.startsWith(candidate))
    // Shallower than anything quoted: shift by as much as the shallowest quoted line was shifted.
    if (base === undefined) return shallower(line, indent, known.at(-1) ?? '', indents)
    return `${indents.get(base) ?? ''}${line.slice(base.length)}`
  })
}

function shallower(line: string, indent: string, base: string, indents: Map<string, string>): string {
  const target = indents.get(base) ?? ''
  const width = Math.max(0, target.length - (base.length - indent.length))
  return `${target.slice(0, width)}${line.trimStart()}`
}

/** Features every program has, whatever the problem. Both are pure functions of two texts. */
export interface SourceFeatures extends Record<string, number> {
  /** Characters of the source over characters of the initial program. */
  complexity: number
  /** 1 − Jaccard similarity of the two multisets of trimmed, non-blank lines: 0 equal, 1 nothing in common. */
  diversity: number
}

/** Measures a program's place in feature space, rounded to 4 decimals so that it reads well and compares exactly. */
export function measureFeatures(source: string, initialSource: string): SourceFeatures {
  return {
    complexity: round(source.length / Math.max(1, initialSource.length)),
    diversity: round(1 - similarity(countLines(source), countLines(initialSource))),
  }
}

/** Jaccard index of multisets: sum of the smaller counts over sum of the larger ones. */
function similarity(left: Map<string, number>, right: Map<string, number>): number {
  let shared = 0
  let total = 0
  for (const [line, count] of left) {
    const other = right.get(line) ?? 0
    shared += Math.min(count, other)
    total += Math.max(count, other)
  }
  for (const [line, count] of right) if (!left.has(line)) total += count
  return total === 0 ? 1 : shared / total
}

function countLines(source: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const raw of source.split('\n')) {
    const line = raw.trim()
    if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return counts
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

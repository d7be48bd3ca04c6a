/** One region that mutation may change, as 0-based indices into `source.split('\n')`. */
export interface EvolveBlock {
  /** Line of the START marker; the region begins one line below. */
  start: number
  /** Line of the END marker; the region ends one line above. */
  end: number
}

/** The blocks of a program in source order, at least one, or what is wrong with its markers. */
export type EvolveBlocks = { outcome: 'found'; blocks: EvolveBlock[] } | { outcome: 'unusable'; reason: string }

// One optional byte-order mark, then blanks: exactly what the offline mutator accepts too.
const marker = /^\uFEFF?[ \t]*#[ \t]*EVOLVE-BLOCK-(START|END)\b/

/**
 * Finds the regions between `# EVOLVE-BLOCK-START` and `# EVOLVE-BLOCK-END` comment lines.
 * Reasons count lines from 1, as editors do.
 */
export function findEvolveBlocks(source: string): EvolveBlocks {
  const blocks: EvolveBlock[] = []
  let open: number | null = null
  for (const [index, line] of source.split('\n').entries()) {
    const kind = marker.exec(line)?.[1]
    if (kind === undefined) continue
    if (kind === 'START') {
      if (open !== null) {
        return unusable(`EVOLVE-BLOCK-START in line ${index + 1} while the one in line ${open + 1} is still open`)
      }
      open = index
    } else {
      if (open === null) return unusable(`EVOLVE-BLOCK-END in line ${index + 1} without an EVOLVE-BLOCK-START above it`)
      blocks.push({ start: open, end: index })
      open = null
    }
  }
  if (open !== null) return unusable(`EVOLVE-BLOCK-START in line ${open + 1} has no EVOLVE-BLOCK-END`)
  if (blocks.length === 0) {
    return unusable('no EVOLVE-BLOCK markers: expected the lines "# EVOLVE-BLOCK-START" and "# EVOLVE-BLOCK-END"')
  }
  return { outcome: 'found', blocks }
}

/** What makes a source no program at all (nothing in it, markers missing or unpaired); `null` when nothing does. */
export function checkProgram(source: string): string | null {
  if (source.trim() === '') return 'the program is empty'
  const found = findEvolveBlocks(source)
  return found.outcome === 'unusable' ? found.reason : null
}

function unusable(reason: string): EvolveBlocks {
  return { outcome: 'unusable', reason }
}

import { findEvolveBlocks } from './evolve-block.ts'
import { splitFences } from './fences.ts'
import { isMarker, type PatchOutcome, toLines, unusable } from './patch-outcome.ts'

type Code = { outcome: 'code'; lines: string[] } | { outcome: 'unusable'; reason: string }

/**
 * Puts the code of a reply in the place of the parent's evolve blocks. The reply may hold the inside of the one block,
 * the blocks with their markers, or the whole program; whatever it says outside of the blocks is left out.
 */
export function applyRewrite(parent: string, reply: string): PatchOutcome {
  const found = findEvolveBlocks(parent)
  if (found.outcome === 'unusable') return found
  const code = extractCode(reply)
  if (code.outcome === 'unusable') return code
  const lines = parent.split('\n')
  const insides = insidesOf(code.lines, lines, found.blocks)
  if ('reason' in insides) return unusable(insides.reason)
  const ending = lines[0]?.endsWith('\r') ? '\r' : ''
  const child = [...lines]
  for (const [index, block] of [...found.blocks.entries()].reverse()) {
    const old = lines.slice(block.start + 1, block.end)
    const inside = indentLike(old, insides.parts[index] ?? [])
    if (inside.every((line) => line.trim() === '')) return unusable('the rewritten evolve block is empty')
    child.splice(block.start + 1, block.end - block.start - 1, ...inside.map((line) => line + ending))
  }
  const source = child.join('\n')
  return source === parent ? unusable('the rewrite changes nothing') : { outcome: 'patched', source }
}

/** The longest fenced block of a reply, a block with markers before others; or the whole reply where it is bare code. */
function extractCode(reply: string): Code {
  const { blocks, prose } = splitFences(reply)
  const ranked = blocks.toSorted(
    (a, b) => Number(b.code.some(isMarker)) - Number(a.code.some(isMarker)) || length(b.code) - length(a.code),
  )
  const [best] = ranked
  if (best?.closed === false) return unusable('the code block is cut off: its closing ``` is missing')
  if (best !== undefined) return { outcome: 'code', lines: best.code }
  if (prose.some(isMarker) || looksLikePython(prose)) return { outcome: 'code', lines: toLines(reply) }
  return unusable('the reply holds no fenced code block')
}

const length = (lines: string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0)

const statement = /^(#|@|"""|'''|(async )?def \w|class \w|import \w|from \w[\w.]* import |[A-Za-z_][\w.]*\s*(=|\())/

function looksLikePython(lines: string[]): boolean {
  const first = lines.find((line) => line.trim() !== '')?.trim()
  return first !== undefined && statement.test(first)
}

function insidesOf(
  code: string[],
  parent: string[],
  blocks: Array<{ start: number; end: number }>,
): { parts: string[][] } | { reason: string } {
  if (code.some(isMarker)) {
    const marked = findEvolveBlocks(code.join('\n'))
    if (marked.outcome === 'unusable') return { reason: `in the reply's code: ${marked.reason}` }
    if (marked.blocks.length !== blocks.length) {
      return { reason: `the program has ${blocks.length} evolve blocks, the reply's code ${marked.blocks.length}` }
    }
    return { parts: marked.blocks.map((block) => code.slice(block.start + 1, block.end)) }
  }
  const [block] = blocks
  if (block === undefined || blocks.length > 1) {
    return { reason: `the program has ${blocks.length} evolve blocks: give all of them, each between its markers` }
  }
  return { parts: [withoutSurroundings(code, parent.slice(0, block.start), parent.slice(block.end + 1))] }
}

/** Takes the program's own head and tail off where the reply repeats them around the block. */
function withoutSurroundings(code: string[], head: string[], tail: string[]): string[] {
  const [top, bottom] = [trimBlank(head), trimBlank(tail)]
  let inside = trimBlank(code)
  if (top.length > 0 && sameLines(inside.slice(0, top.length), top)) inside = inside.slice(top.length)
  if (bottom.length > 0 && sameLines(inside.slice(-bottom.length), bottom)) inside = inside.slice(0, -bottom.length)
  return trimBlank(inside)
}

const sameLines = (a: string[], b: string[]): boolean =>
  a.length === b.length && a.every((line, index) => line.trimEnd() === b[index]?.trimEnd())

function trimBlank(lines: string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== '')
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => line.trim() !== '') + 1)
}

/** Moves code that starts at the margin to the depth of the block it replaces. */
function indentLike(old: string[], code: string[]): string[] {
  const depth = (lines: string[]): string => {
    const line = lines.find((candidate) => candidate.trim() !== '') ?? ''
    return line.slice(0, line.length - line.trimStart().length)
  }
  const target = depth(old)
  if (target === '' || depth(code) !== '') return code
  return code.map((line) => (line.trim() === '' ? line : target + line))
}

/** A reply put into the parent: the child's source, or why the reply is no usable change. */
export type PatchOutcome = { outcome: 'patched'; source: string } | { outcome: 'unusable'; reason: string }

/** What a reply lacked, in words the model can act on. */
export function unusable(reason: string): { outcome: 'unusable'; reason: string } {
  return { outcome: 'unusable', reason }
}

/** Lines of a text; carriage returns are dropped. */
export const toLines = (text: string): string[] => text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n')

/** Whether a line is one of the comments that bound an evolve block. */
export const isMarker = (line: string): boolean => /^\s*#\s*EVOLVE-BLOCK-(START|END)\b/.test(line)

/** A line as reasons quote it: trimmed and bounded. */
export function quote(line: string): string {
  const trimmed = line.trim()
  return `"${trimmed.length > 80 ? `${trimmed.slice(0, 79)}…` : trimmed}"`
}

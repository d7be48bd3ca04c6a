/** Bounds on what an evaluation may hand to the next prompt, in bytes of UTF-8. */
export const artifactLimit = 4096
export const artifactsLimit = 16_384
const nameLimit = 100
const reasonLimit = 600
/** Kept free for the note about artifacts that were left out. */
const noteLimit = 512
/** A text cut to less than this says too little. */
const shortestCut = 256

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8')

/** The longest start, or end, of the text that fits into this many bytes. */
const clip = (text: string, limit: number, end: 'start' | 'end'): string => {
  const encoded = Buffer.from(text, 'utf8')
  if (encoded.length <= limit) return text
  let from = end === 'start' ? 0 : encoded.length - limit
  let to = end === 'start' ? limit : encoded.length
  // Not through the middle of a character: continuation bytes are 10xxxxxx.
  while (end === 'end' && from < encoded.length && ((encoded[from] ?? 0) & 0xc0) === 0x80) from += 1
  while (end === 'start' && to > 0 && ((encoded[to] ?? 0) & 0xc0) === 0x80) to -= 1
  return encoded.toString('utf8', from, to)
}

/** At most `limit` bytes; what is longer loses its middle, visibly, for messages begin and end with what matters. */
export const boundText = (raw: string, limit: number): string => {
  const text = raw.toWellFormed()
  if (bytes(text) <= limit) return text
  const mark = (cut: number): string => `\n… ${cut} bytes cut …\n`
  const room = limit - bytes(mark(bytes(text)))
  if (room <= 0) return clip('…', limit, 'start')
  const head = clip(text, Math.floor(room / 2), 'start')
  const tail = clip(text, room - Math.floor(room / 2), 'end')
  return `${head}${mark(bytes(text) - bytes(head) - bytes(tail))}${tail}`
}

/** Artifacts within both limits; the last ones are cut, then left out, and an artifact says which. */
export const boundArtifacts = (artifacts: Record<string, string>): Record<string, string> => {
  const kept: [string, string][] = []
  const omitted: string[] = []
  let room = artifactsLimit - noteLimit
  for (const [rawName, text] of Object.entries(artifacts)) {
    const name = boundText(rawName, nameLimit)
    const limit = Math.min(artifactLimit, room - bytes(name))
    if (limit < shortestCut && limit < bytes(text)) {
      omitted.push(name)
      continue
    }
    const bounded = boundText(text, limit)
    kept.push([name, bounded])
    room -= bytes(name) + bytes(bounded)
  }
  if (omitted.length > 0) kept.push(['left out', boundText(omitted.join(', '), noteLimit - bytes('left out'))])
  return Object.fromEntries(kept)
}

/** A reason short enough to be read in a table and kept in history. */
export const boundReason = (reason: string): string => boundText(reason, reasonLimit)

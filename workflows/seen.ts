/**
 * The sources an island has evaluated, as one string of fixed-width keys: compact in history and JSON.
 * A key is 40 bits of the source's SHA-256, so a false match has a chance of about 4e-9 per look-up at full memory.
 */
const keyLength = 10
const remembered = 4096

const keyOf = (hash: string): string => hash.slice(0, keyLength)

/** Whether a source was evaluated before, by its SHA-256. */
export const hasSeen = (seen: string, hash: string): boolean => {
  const key = keyOf(hash)
  for (let at = 0; at < seen.length; at += keyLength) if (seen.startsWith(key, at)) return true
  return false
}

/** Remembers sources; the oldest are forgotten beyond 4,096. */
export const remember = (seen: string, hashes: string[]): string => {
  const fresh = hashes.filter((hash, place) => hashes.indexOf(hash) === place && !hasSeen(seen, hash))
  return (seen + fresh.map(keyOf).join('')).slice(-keyLength * remembered)
}

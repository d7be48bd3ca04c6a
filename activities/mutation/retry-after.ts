/** A server that asks for more is asked again after a day. */
const longest = 24 * 60 * 60 * 1000

/**
 * Milliseconds that a server asks to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110
 * section 10.2.3); `null` where it does not say, says nonsense, or the time has passed.
 */
export function retryAfter(headers: Headers | undefined, now: number): number | null {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (milliseconds > 0) return Math.min(Math.ceil(milliseconds), longest)
  const value = headers?.get('retry-after')?.trim()
  if (!value) return null
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return wait > 0 ? Math.min(Math.ceil(wait), longest) : null
}

const shownMs = 30_000

/** The latest news, for as long as it is news. */
export const createNotice = () => {
  let latest: { text: string; at: number } | null = null
  return {
    set: (text: string): void => {
      latest = { text, at: performance.now() }
    },
    get: (): string | null => (latest !== null && performance.now() - latest.at < shownMs ? `  ${latest.text}` : null),
  }
}

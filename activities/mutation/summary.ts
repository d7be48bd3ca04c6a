import { splitFences } from './fences.ts'

const editBlock = /^[ \t]*<{4,}[ \t]*SEARCH[\s\S]*?^[ \t]*>{4,}[ \t]*REPLACE[ \t]*$/gim

/** First line of a reply's explanation, without Markdown, at most 200 characters; `null` where it explains nothing. */
export function summarise(reply: string): string | null {
  const text = reply.replaceAll('\r\n', '\n')
  const withoutEdits = text.replace(editBlock, '')
  const { blocks, prose } = splitFences(withoutEdits)
  // A reply without any marked code is bare code.
  if (blocks.length === 0 && withoutEdits === text) return null
  for (const line of prose) {
    const plain = line
      .replace(/^\s*(#{1,6}\s+|[-*>]\s+|\d+[.)]\s+)*/, '')
      .replace(/([*`]{1,3})(\S(?:.*?\S)?)\1/g, '$2')
      .trim()
    if (/\p{L}/u.test(plain)) return plain.length > 200 ? `${plain.slice(0, 199)}…` : plain
  }
  return null
}

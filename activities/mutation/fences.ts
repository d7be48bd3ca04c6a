import { toLines } from './patch-outcome.ts'

/** A fenced code block of a reply; `closed` is false where the reply ended inside it. */
export interface Fenced {
  code: string[]
  closed: boolean
}

const fence = /^\s*(`{3,}|~{3,})(.*)$/

/** The fenced code blocks of a Markdown text and the lines outside of them. */
export function splitFences(text: string): { blocks: Fenced[]; prose: string[] } {
  const blocks: Fenced[] = []
  const prose: string[] = []
  let open: { code: string[]; mark: string } | null = null
  for (const line of toLines(text)) {
    const [, mark = '', info = ''] = fence.exec(line) ?? []
    if (open === null) {
      if (mark === '') prose.push(line)
      else open = { code: [], mark }
    } else if (mark.startsWith(open.mark) && info.trim() === '') {
      blocks.push({ code: open.code, closed: true })
      open = null
    } else {
      open.code.push(line)
    }
  }
  if (open !== null) blocks.push({ code: open.code, closed: false })
  return { blocks, prose }
}

/** Puts a text into a fence that is longer than any run of backticks inside it. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}${language}\n${text.replace(/\n$/, '')}\n${mark}`
}

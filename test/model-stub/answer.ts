import { createHash } from 'node:crypto'

/** A message of a chat completion request, as the stub reads it. */
export interface StubMessage {
  role: string
  content: string
}

const constant = /^([ \t]*)([A-Za-z_]\w*)([ \t]*=[ \t]*)(-?\d+(?:\.\d+)?)([ \t]*(?:#.*)?)$/
const factors = [0.5, 0.8, 0.95, 1.05, 1.25, 2]

/**
 * What the stub "thinks of": it changes one numeric constant of the parent program. The answer depends on the messages
 * only, never on the order of requests, so a run against the stub can be repeated.
 */
export function answer(messages: readonly StubMessage[]): string {
  const program = parentProgram(messages)
  const lines = program.split('\n')
  const constants = [...lines.entries()].filter(([, line]) => constant.test(line) && isUnique(lines, line))
  if (constants.length === 0) return 'I find no numeric constant to change.'
  const digest = createHash('sha256').update(JSON.stringify(messages)).digest()
  const [index, line] = constants[digest.readUInt32BE(0) % constants.length] ?? [0, '']
  const [, indent = '', name = '', equals = '', value = '', rest = ''] = constant.exec(line) ?? []
  const changed = scale(value, factors[digest.readUInt32BE(4) % factors.length] ?? 2)
  const replacement = `${indent}${name}${equals}${changed}${rest}`
  const summary = `Change ${name} from ${value} to ${changed}.`
  if (wantsDiff(messages)) {
    return `${summary}\n\n<<<<<<< SEARCH\n${line}\n=======\n${replacement}\n>>>>>>> REPLACE\n`
  }
  return `${summary}\n\n\`\`\`python\n${lines.with(index, replacement).join('\n')}\n\`\`\`\n`
}

/** Inside of the first evolve block in the conversation. OpenEvolve shows other programs first. */
function parentProgram(messages: readonly StubMessage[]): string {
  const block = /^[ \t]*# EVOLVE-BLOCK-START.*\n([\s\S]*?)\n[ \t]*# EVOLVE-BLOCK-END/m
  const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
  const shown = asked.map((content) => content.split(/^# Current Program$/m).at(-1) ?? content)
  return shown.map((content) => block.exec(content)?.[1]).find((inside) => inside !== undefined) ?? ''
}

/** OpenEvolve says so to the user. */
const wantsDiff = (messages: readonly StubMessage[]): boolean =>
  messages.some(({ role, content }) =>
    role === 'system' ? content.includes('<<<<<<< SEARCH') : content.includes('MUST use the exact SEARCH/REPLACE'),
  )

const isUnique = (lines: string[], line: string): boolean => lines.indexOf(line) === lines.lastIndexOf(line)

/** Integers stay integers and always change. */
function scale(value: string, factor: number): string {
  if (value.includes('.')) {
    const scaled = Number((Number(value) * factor).toPrecision(6))
    return Number.isInteger(scaled) ? scaled.toFixed(1) : String(scaled)
  }
  const scaled = Math.round(Number(value) * factor)
  return String(scaled === Number(value) ? scaled + (factor < 1 ? -1 : 1) : scaled)
}

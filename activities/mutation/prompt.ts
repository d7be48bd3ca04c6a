import type { Speedup } from '../../temporal/evaluation.ts'
import type { MutateInput } from '../../temporal/mutation.ts'
import type { Program } from '../../temporal/program.ts'
import { findEvolveBlocks } from './evolve-block.ts'
import { fenced } from './fences.ts'
import { promptBounds } from './prompt-bounds.ts'
import { replyRules } from './reply-rules.ts'

/** One message of a chat completion request. */
export interface Message {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** Builds the request of one draw: equal input gives equal text, to the byte. */
export function buildPrompt(input: MutateInput): Message[] {
  const messages: Message[] = [
    { role: 'system', content: systemText(input) },
    { role: 'user', content: userText(input) },
  ]
  if (input.repair === undefined) return messages
  return [
    ...messages,
    { role: 'assistant', content: cut(input.repair.reply, promptBounds.reply) || '(an empty reply)' },
    { role: 'user', content: repairText(input.repair.reason, input) },
  ]
}

function systemText({ problem, config }: MutateInput): string {
  return paragraphs([
    'You improve Python programs step by step. Each program you propose is run, checked for correctness and scored; ' +
      'a higher score is better. Only measured results count, so propose changes you have a reason to expect a gain from.',
    problem.description && `# The problem: ${problem.name}\n\n${problem.description}`,
    config.instructions && `# Instructions\n\n${config.instructions.trim()}`,
    `# How to answer\n\n${replyRules(config.reply)}`,
  ])
}

function userText(input: MutateInput): string {
  const { parent, config } = input
  return paragraphs([
    `# The program to improve: ${parent.id}\n\n${fenced(parent.source, 'python')}`,
    `# What was measured of it\n\n${scoreText(parent)}${artifactText(parent.artifacts)}`,
    companionText(input.top, input.diverse),
    failureText(input.failures),
    `# Your task\n\nMake a child of ${parent.id} with a higher score. The child may have at most ` +
      `${config.maxProgramLength} characters. Others work on the same program at the same time, so prefer an idea of ` +
      `your own to the most obvious one (this is draw ${input.draw}).`,
  ])
}

function repairText(reason: string, { config }: MutateInput): string {
  return paragraphs([
    `Your answer could not be used: ${cut(reason, 1000)}.`,
    `Answer once more, for the same program, as it was shown.\n\n${replyRules(config.reply)}`,
  ])
}

function scoreText(program: Program): string {
  const metrics = Object.entries(program.metrics)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, promptBounds.metrics)
  return [
    `score: ${shown(program.score)}`,
    ...metrics.map(([name, value]) => `${name}: ${shown(value)}`),
    ...speedupLine('eager', program.speedup?.eager),
    ...speedupLine('compiled', program.speedup?.compiled),
  ].join('\n')
}

function speedupLine(baseline: string, speedup: Speedup | null | undefined): string[] {
  if (!speedup) return []
  const { median, low, high } = speedup
  return [`screened ratio over ${baseline} MLX: ${shown(median)}, 95 % interval ${shown(low)} to ${shown(high)}`]
}

function artifactText(artifacts: Record<string, string>): string {
  return Object.entries(artifacts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, promptBounds.artifacts)
    .map(([name, text]) => `\n\n${name}:\n${fenced(cut(text, promptBounds.artifact))}`)
    .join('')
}

/** Other programs' evolve blocks, each whole or not at all: half a program misleads. */
function companionText(top: Program[], diverse: Program[]): string {
  let left: number = promptBounds.companions
  const shownIds = new Set<string>()
  const section = (title: string, programs: Program[]): string => {
    const parts: string[] = []
    for (const program of programs) {
      const part = `## ${program.id}\n\n${scoreText(program)}\n\n${fenced(evolvedPart(program.source), 'python')}`
      if (shownIds.has(program.id) || part.length > left) continue
      shownIds.add(program.id)
      left -= part.length
      parts.push(part)
    }
    return parts.length === 0 ? '' : [`# ${title} (evolve blocks only)`, ...parts].join('\n\n')
  }
  return paragraphs([section('The best other programs so far', top), section('Programs that go another way', diverse)])
}

function evolvedPart(source: string): string {
  const found = findEvolveBlocks(source)
  if (found.outcome === 'unusable') return source
  const lines = source.split('\n')
  return found.blocks.map((block) => lines.slice(block.start + 1, block.end).join('\n')).join('\n\n# ...\n\n')
}

function failureText(failures: MutateInput['failures']): string {
  const lines = failures.map(({ change, stage, reason }) => {
    const text = `${oneLine(change)}: stopped at ${stage}: ${oneLine(reason)}`
    return `- ${cut(text, promptBounds.failure)}`
  })
  const recent = [...new Set(lines)].slice(-promptBounds.failures)
  return recent.length === 0 ? '' : `# Tried lately without success: do not repeat\n\n${recent.join('\n')}`
}

const paragraphs = (parts: string[]): string => parts.filter((part) => part !== '').join('\n\n')

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const shown = (value: number): string => String(Number(value.toPrecision(6)))

/** A text of at most `bound` characters; what was left out is counted. */
function cut(text: string, bound: number): string {
  if (text.length <= bound) return text
  const kept = text.slice(0, Math.max(0, bound - 40))
  return `${kept}… (${text.length - kept.length} characters more)`
}

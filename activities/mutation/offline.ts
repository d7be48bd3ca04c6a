import { fileURLToPath } from 'node:url'
import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'
import type { MutateInput, MutationResult } from '../../temporal/mutation.ts'
import type { Program } from '../../temporal/program.ts'
import { proposed, unusable } from './proposal.ts'
import { runPython } from './python.ts'

const script = fileURLToPath(new URL('./offline', import.meta.url))

/** What `offline/__main__.py` prints; `used` are indices into the other programs it was given. */
const answer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('proposed'),
    source: z.string().min(1),
    change: z.string(),
    used: z.array(z.number().int().nonnegative()),
  }),
  z.object({ outcome: z.literal('unusable'), reason: z.string() }),
])

/**
 * The mutator that needs no model: generic edits of the syntax tree, decided by the draw alone.
 * `python` is the path of an interpreter, version 3.11 or newer; MLX need not be installed there.
 */
export function createOfflineMutator(deps: { python: string }) {
  return {
    /** Makes one child. Throws ApplicationFailure where Python is missing, fails or was killed. */
    async mutateOffline(input: MutateInput): Promise<MutationResult> {
      const others = otherParents(input)
      const request = { draw: input.draw, parent: input.parent.source, others: others.map((other) => other.source) }
      const child = parseAnswer(await runPython(deps.python, [script], JSON.stringify(request)))
      if (child.outcome === 'unusable') return unusable(child.reason)
      const limit = input.config.maxProgramLength
      if (child.source.length > limit) {
        return unusable(`${child.change} made ${child.source.length} characters, at most ${limit} are allowed`)
      }
      const used = child.used.flatMap((index) => others[index]?.id ?? [])
      const draft = {
        id: input.id,
        source: child.source,
        parents: [input.parent.id, ...used],
        change: child.change,
        mutator: 'offline',
      }
      return proposed(draft, input.initialSource)
    },
  }
}

/** Programs to cross the parent with, each once, in the order selection gave them. */
function otherParents(input: MutateInput): Program[] {
  const seen = new Set([input.parent.id])
  return [...input.top, ...input.diverse].filter((program) => {
    if (seen.has(program.id)) return false
    seen.add(program.id)
    return true
  })
}

function parseAnswer(exit: { exitCode: number; stdout: string; stderr: string }): z.infer<typeof answer> {
  if (exit.exitCode !== 0) throw broken(`exit code ${exit.exitCode}: ${exit.stderr.trim().slice(-2000)}`)
  try {
    return answer.parse(JSON.parse(exit.stdout))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw broken(`unexpected answer: ${error.message}`)
    throw error
  }
}

/** The same draw would fail the same way again, so this is not retried. */
function broken(what: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'OfflineMutatorFailed',
    nonRetryable: true,
    message: `offline mutator: ${what}`,
  })
}

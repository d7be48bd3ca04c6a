import { setCurrentDetails } from '@temporalio/workflow'
import { seedFrom } from '../activities/selection/random.ts'
import type { Evaluation, Scored } from '../temporal/evaluation.ts'
import type { Candidate, Drawn, GenerationInput, GenerationResult } from '../temporal/generation.ts'
import type { MutationResult, Usage } from '../temporal/mutation.ts'
import { drawnProgramId } from '../temporal/names.ts'
import type { Draw } from '../temporal/population.ts'
import type { Proposal } from '../temporal/program.ts'
import { showScreened } from '../temporal/speedup-text.ts'
import { askEvaluation } from './ask-evaluation.ts'
import { createBlockage, GivenUp } from './blockage.ts'
import { givenUp, mutate, prepare } from './draw.ts'
import { hasSeen } from './seen.ts'

type Guard = ReturnType<typeof createBlockage>

const evaluateProposal = (input: GenerationInput, proposal: Proposal, guard: Guard): Promise<Evaluation> =>
  guard(() =>
    askEvaluation(input, proposal, {
      summary: `${proposal.id} · ${proposal.change}`,
      seed: seedFrom(`${input.config.seed}/${input.island}/${input.generation}`),
    }),
  )

/** Starts one evaluation per distinct source, as soon as its first draw has one. */
const createEvaluations = (input: GenerationInput, guard: Guard) => {
  const started = new Map<string, Promise<Evaluation>>()
  return (proposal: Proposal): Promise<Evaluation> => {
    const running = started.get(proposal.hash) ?? evaluateProposal(input, proposal, guard)
    started.set(proposal.hash, running)
    return running
  }
}

interface Outcome extends Drawn {
  id: string
  evaluation: Evaluation | null
}

/** Of equal sources within the generation the lower draw owns the evaluation, whichever was first to finish. */
const toCandidates = (outcomes: Outcome[]): Candidate[] => {
  const owned = new Set<string>()
  return outcomes.map(({ id, result, usage, evaluation }): Candidate => {
    if (result.outcome === 'unusable') return { outcome: 'unusable', id, reason: result.reason, usage }
    const { hash, change } = result.proposal
    if (evaluation === null || owned.has(hash)) return { outcome: 'duplicate', id, hash, change, usage }
    owned.add(hash)
    return { outcome: 'evaluated', proposal: result.proposal, evaluation, usage }
  })
}

/**
 * Workflow type `generation`: one island's next candidates. Mutations run side by side, each new source is evaluated
 * as soon as the device is free for it, and all return in the order they were drawn.
 */
export async function generation(input: GenerationInput): Promise<GenerationResult> {
  const guard = createBlockage(input.evolutionId, input.island, input.generation)
  const evaluateOnce = createEvaluations(input, guard)
  const finish = async (id: string, mutation: (paid: Usage[]) => Promise<MutationResult>): Promise<Outcome> => {
    const usage: Usage[] = []
    try {
      const result = await mutation(usage)
      const fresh = result.outcome === 'proposed' && !hasSeen(input.seen, result.proposal.hash)
      return { id, result, usage, evaluation: fresh ? await evaluateOnce(result.proposal) : null }
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return { id, result: givenUp(error), usage, evaluation: null }
    }
  }
  // Whatever comes between an activity's end and the next one's start changes their order, which histories have recorded.
  const drawnAt = (draw: Draw, place: number, paid: Usage[]): Promise<MutationResult> => {
    const known = input.drawn?.[place]
    if (known === undefined) return mutate(input, draw, place, guard, paid)
    paid.push(...known.usage)
    return Promise.resolve(known.result)
  }
  const outcomes = await Promise.all([
    ...input.draws.map((draw, place) =>
      finish(drawnProgramId(input.island, input.generation, place), (paid) => drawnAt(draw, place, paid)),
    ),
    ...input.injections.map(({ id, source }) =>
      finish(id, () => guard(() => prepare(id, source, input.initialSource))),
    ),
  ])
  const candidates = toCandidates(outcomes)
  setCurrentDetails(candidates.map(describeCandidate).join('\n'))
  return { island: input.island, generation: input.generation, candidates }
}

const describeScore = ({ speedup, score }: Scored): string =>
  speedup?.eager ? showScreened(speedup.eager) : `score ${score.toPrecision(6)}`

const describeCandidate = (candidate: Candidate): string => {
  if (candidate.outcome === 'unusable') return `- ${candidate.id}: no usable patch (${candidate.reason})`
  if (candidate.outcome === 'duplicate') return `- ${candidate.id}: already evaluated (${candidate.change})`
  const { proposal, evaluation } = candidate
  const verdict = evaluation.verdict === 'scored' ? describeScore(evaluation) : evaluation.reason
  return `- ${proposal.id}: ${evaluation.verdict}, ${verdict} (${proposal.change})`
}

import type { Evaluation, Scored } from '../temporal/evaluation.ts'
import type { Candidate, GenerationResult } from '../temporal/generation.ts'
import { addKind } from '../temporal/measured-by.ts'
import type { Failure } from '../temporal/mutation.ts'
import type { Program, Proposal } from '../temporal/program.ts'
import type { IslandState, Ledger } from '../temporal/run-state.ts'
import { remember } from './seen.ts'
import type { Survivors } from './survivors.ts'

const rememberedFailures = 5

/** A scored proposal as populations hold it. */
export const toProgram = (proposal: Proposal, evaluation: Scored, island: number, generation: number): Program => ({
  ...proposal,
  island,
  generation,
  score: evaluation.score,
  metrics: evaluation.metrics,
  artifacts: evaluation.artifacts,
  speedup: evaluation.speedup,
  calls: evaluation.calls,
})

/** The programs of a generation that have a score, in draw order. */
export const newcomersOf = ({ island, generation, candidates }: GenerationResult): Program[] =>
  candidates.flatMap((candidate) =>
    candidate.outcome === 'evaluated' && candidate.evaluation.verdict === 'scored'
      ? [toProgram(candidate.proposal, candidate.evaluation, island, generation)]
      : [],
  )

const failureOf = (candidate: Candidate): Failure[] => {
  if (candidate.outcome === 'unusable')
    return [{ change: 'no usable patch', stage: 'mutation', reason: candidate.reason }]
  if (candidate.outcome === 'duplicate' || candidate.evaluation.verdict === 'scored') return []
  const { stage, reason } = candidate.evaluation
  return [{ change: candidate.proposal.change, stage, reason }]
}

/** The island after its generation: its memory of sources and failures. Who survives is for selection to say. */
export const recordGeneration = (island: IslandState, { candidates, generation }: GenerationResult, drawn: number) => ({
  ...island,
  generation,
  drawn: island.drawn + drawn,
  seen: remember(
    island.seen,
    candidates.flatMap((c) => (c.outcome === 'evaluated' ? [c.proposal.hash] : [])),
  ),
  failures: [...island.failures, ...candidates.flatMap(failureOf)].slice(-rememberedFailures),
})

/** The island with selection's decisions applied. */
export const applySelection = (island: IslandState, newcomers: Program[], result: Survivors): IslandState => {
  const evicted = new Set(result.evicted)
  const programs = [...island.programs, ...newcomers].filter(({ id }) => !evicted.has(id))
  const { headroom: _before, ...rest } = island
  const { draws, headroom } = result
  return { ...rest, programs, draws, ...(headroom === undefined ? {} : { headroom }) }
}

/** The run's sums with one evaluation added. */
export const countEvaluation = (ledger: Ledger, evaluation: Evaluation): Ledger => {
  const { verdict, seconds, startedAt } = evaluation
  // Whoever says so has not evaluated it.
  if (verdict === 'unresolved') return { ...ledger, unresolved: ledger.unresolved + 1 }
  return {
    ...ledger,
    evaluated: ledger.evaluated + 1,
    rejected: ledger.rejected + (verdict === 'rejected' ? 1 : 0),
    failed: ledger.failed + (verdict === 'failed' ? 1 : 0),
    deviceSeconds: ledger.deviceSeconds + seconds,
    firstEvaluationAt: ledger.firstEvaluationAt === 0 ? startedAt : Math.min(ledger.firstEvaluationAt, startedAt),
    lastEvaluationAt: Math.max(ledger.lastEvaluationAt, startedAt + seconds * 1000),
    measuredBy: addKind(ledger.measuredBy ?? [], evaluation),
  }
}

const countCandidate = (ledger: Ledger, candidate: Candidate): Ledger => {
  const counted = {
    ...ledger,
    duplicates: ledger.duplicates + (candidate.outcome === 'duplicate' ? 1 : 0),
    unusable: ledger.unusable + (candidate.outcome === 'unusable' ? 1 : 0),
    modelCalls: ledger.modelCalls + candidate.usage.length,
    promptTokens: candidate.usage.reduce((sum, use) => sum + use.promptTokens, ledger.promptTokens),
    completionTokens: candidate.usage.reduce((sum, use) => sum + use.completionTokens, ledger.completionTokens),
    cost: candidate.usage.reduce((sum, use) => sum + use.cost, ledger.cost),
  }
  return candidate.outcome === 'evaluated' ? countEvaluation(counted, candidate.evaluation) : counted
}

/** The run's sums with a generation added. */
export const countGeneration = (ledger: Ledger, { candidates }: GenerationResult): Ledger =>
  candidates.reduce(countCandidate, ledger)

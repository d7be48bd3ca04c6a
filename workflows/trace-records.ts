import type { Candidate, GenerationResult } from '../temporal/generation.ts'
import type { TraceRecord } from '../temporal/run-activities.ts'

const blank = {
  parents: [],
  mutator: null,
  score: null,
  stage: null,
  metrics: {},
  purpose: 'screening' as const,
  speedup: null,
  calls: null,
  hash: null,
  source: null,
  seconds: 0,
  startedAt: null,
}

const recordOf = (candidate: Candidate, island: number, generation: number): TraceRecord => {
  const place = { island, generation, usage: candidate.usage }
  if (candidate.outcome === 'unusable') {
    return { ...blank, ...place, id: candidate.id, outcome: 'unusable', change: '', reason: candidate.reason }
  }
  if (candidate.outcome === 'duplicate') {
    const { id, hash, change } = candidate
    return { ...blank, ...place, id, hash, change, outcome: 'duplicate', reason: 'already evaluated on this island' }
  }
  const { proposal, evaluation } = candidate
  const { id, source, hash, parents, change, mutator } = proposal
  const { verdict, stage, reason, seconds, startedAt } = evaluation
  const numbers =
    evaluation.verdict === 'scored'
      ? {
          score: evaluation.score,
          metrics: evaluation.metrics,
          speedup: evaluation.speedup,
          calls: evaluation.calls,
        }
      : {}
  const made = { id, source, hash, parents, change, mutator }
  return { ...blank, ...place, ...made, outcome: verdict, stage, reason, seconds, startedAt, ...numbers }
}

/** A generation as lines of the trace, in draw order. */
export const traceRecords = ({ island, generation, candidates }: GenerationResult): TraceRecord[] =>
  candidates.map((candidate) => recordOf(candidate, island, generation))

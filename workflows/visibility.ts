import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import { type SearchAttributeName, searchAttributeTypes } from '../temporal/names.ts'
import { showBest } from '../temporal/speedup-text.ts'
import { asOf, type Published, type Run } from './run.ts'
import { type Overview, overview } from './status.ts'

/** A run as a short Markdown page for the Temporal UI. */
export const detailsPage = (status: Overview): string =>
  [
    `**${status.problem}** · ${status.phase}${status.reason === '' ? '' : ` · ${status.reason}`}`,
    '',
    `- iterations: ${status.iterations} of ${status.iterationsWanted}, evaluated ${status.evaluated}${status.ledger?.unresolved ? `, unresolved ${status.ledger.unresolved}` : ''}`,
    `- mutator: ${status.mutator ?? 'not chosen yet'}${status.mutator === 'offline' ? ' (no model is asked)' : ''}`,
    `- best: ${showBest(status.best, status.confirmations)}`,
    ...(status.confirmations === null ? [] : [`- confirmations made: ${status.confirmations.spent}`]),
    '',
    `| island | generation | iterations | programs | ${status.confirmations === null ? 'best' : 'screened'} | now |`,
    '|---|---|---|---|---|---|',
    ...status.islands.map(
      (i) =>
        `| ${i.island} | ${i.generation} | ${i.iterations} of ${i.quota} | ${i.programs} | ${i.best?.toPrecision(6) ?? '–'} | ${i.activity} |`,
    ),
  ].join('\n')

const searchAttributeValues = (run: Run, status: Overview): Partial<Record<SearchAttributeName, string | number>> => ({
  EvolveProblem: status.problem,
  EvolvePhase: status.phase,
  EvolveIterations: status.iterations,
  ...(status.best === null ? {} : { EvolveBestScore: status.best.score }),
  ...(status.best?.speedup?.eager ? { EvolveBestSpeedup: status.best.speedup.eager.median } : {}),
  ...(run.state?.chip ? { EvolveChip: run.state.chip } : {}),
})

const upsertKnown = (run: Run, status: Overview): void => {
  const known = run.state?.searchAttributes ?? []
  const values = searchAttributeValues(run, status)
  const pairs = (Object.keys(values) as SearchAttributeName[])
    .filter((name) => known.includes(name))
    .map((name) => ({
      key: defineSearchAttributeKey(name, SearchAttributeType[searchAttributeTypes[name]]),
      value: values[name],
    }))
  // An empty upsert is an error that fails the workflow task for ever.
  if (pairs.length > 0) upsertSearchAttributes(pairs as Parameters<typeof upsertSearchAttributes>[0])
}

/** Milliseconds between upserts that only count on: each is an event of history and a write to the server's index. */
const countEvery = 2000

type Told = Pick<Run, 'published' | 'countsSeldom' | 'goesByEvents' | 'inFlight'>

/**
 * Whether search attributes have to be told: of phase and best program at once, of iterations after a while or when nothing
 * is under way. Pure.
 */
export const isBehind = (
  { published, countsSeldom, goesByEvents, inFlight }: Told,
  { news, iterations, at }: Published,
): boolean => {
  if (published === null || published.news !== news) return true
  if (published.iterations === iterations) return false
  return !countsSeldom || (goesByEvents && inFlight.size === 0) || at - published.at >= countEvery
}

/** Shows the run's state where people look: the UI's details page, and search attributes the server knows. */
export const publish = (run: Run): void => {
  const { now } = run.turns.time()
  const status = overview(run, now)
  setCurrentDetails(detailsPage(status))
  const { phase, iterations, best } = status
  const current = { news: JSON.stringify([phase, best]), iterations, at: asOf(run).now }
  if (run.state === null || !isBehind(run, current)) return
  run.published = current
  upsertKnown(run, status)
}

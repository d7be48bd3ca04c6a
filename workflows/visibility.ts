import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import { type SearchAttributeName, searchAttributeTypes } from '../temporal/names.ts'
import type { RunStatus } from '../temporal/run-status.ts'
import { showBest } from '../temporal/speedup-text.ts'
import type { Run } from './run.ts'
import { runStatus } from './status.ts'

/** A run as a short Markdown page for the Temporal UI. */
export const detailsPage = (status: RunStatus): string =>
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

const searchAttributeValues = (run: Run, status: RunStatus): Partial<Record<SearchAttributeName, string | number>> => ({
  EvolveProblem: status.problem,
  EvolvePhase: status.phase,
  EvolveIterations: status.iterations,
  ...(status.best === null ? {} : { EvolveBestScore: status.best.score }),
  ...(status.best?.speedup?.eager ? { EvolveBestSpeedup: status.best.speedup.eager.median } : {}),
  ...(run.state?.chip ? { EvolveChip: run.state.chip } : {}),
})

const upsertKnown = (run: Run, status: RunStatus): void => {
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

/** Shows the run's state where people look: the UI's details page, and search attributes the server knows. */
export const publish = (run: Run): void => {
  const status = runStatus(run, Date.now())
  setCurrentDetails(detailsPage(status))
  const shown = JSON.stringify([status.phase, status.iterations, status.best])
  if (run.state === null || run.published === shown) return
  run.published = shown
  upsertKnown(run, status)
}

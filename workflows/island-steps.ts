import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyLocalActivities,
  startChild,
  TemporalFailure,
} from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import { traceOptions, workflowTaskTimeout } from '../temporal/activity-options.ts'
import type { GenerationInput, GenerationResult } from '../temporal/generation.ts'
import { evolutionQueue, generationId } from '../temporal/names.ts'
import type { Program } from '../temporal/program.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import { showScreened } from '../temporal/speedup-text.ts'
import { applySelection, countGeneration, newcomersOf, recordGeneration } from './admit.ts'
import type { generation } from './generation.ts'
import { lineageOf, pruneLineage } from './lineage.ts'
import { nextDraws } from './quota.ts'
import { islandOf, type Run, stateOf } from './run.ts'
import { isMigrationPoint } from './schedule.ts'
import { remember } from './seen.ts'
import { selectSurvivors } from './survivors.ts'
import { traceRecords } from './trace-records.ts'

const { appendTrace } = proxyLocalActivities<ReturnType<typeof createRunActivities>>(traceOptions)

const update = (state: RunState, island: IslandState): void => {
  state.islands = state.islands.map((old) => (old.index === island.index ? island : old))
}

const describeBest = (programs: Program[]): string => {
  const best = programs.reduce((top, program) => (program.score > top.score ? program : top))
  return best.speedup?.eager ? showScreened(best.speedup.eager) : best.score.toPrecision(5)
}

/** @param count of the island's draws that the budget can pay for: the first ones. */
const generationInput = (run: Run, state: RunState, island: IslandState, count: number): GenerationInput => {
  const draws = island.draws.slice(0, count)
  const named = new Set(draws.flatMap(({ parent, top, diverse }) => [parent, ...top, ...diverse]))
  const { name, hash, config } = state.problem
  return {
    evolutionId: run.identity.id,
    firstExecutionRunId: run.identity.firstExecutionRunId,
    island: island.index,
    generation: island.generation + 1,
    draws,
    injections: run.control.injections.splice(0),
    programs: island.programs.filter(({ id }) => named.has(id)),
    failures: island.failures,
    seen: island.seen,
    initialSource: state.initial.source,
    problem: { name, hash, description: config.description },
    mutator: state.mutator,
    config: { seed: state.config.seed, mutation: state.config.mutation, evaluation: state.config.evaluation },
  }
}

/** Migrants leave for the next island unless it has passed this generation already (possible after `extend` only). */
const send = (state: RunState, from: IslandState, migrants: Program[]): void => {
  const target = islandOf(state, (from.index + 1) % state.islands.length)
  if (target.migratedAt >= from.generation || target.generation > from.generation) return
  update(state, { ...target, inbox: { ...target.inbox, [from.generation]: migrants } })
}

const settle = async (run: Run, result: GenerationResult, drawn: number): Promise<void> => {
  const state = stateOf(run)
  const recorded = recordGeneration(islandOf(state, result.island), result, drawn)
  const newcomers = newcomersOf(result)
  const migrants = isMigrationPoint(state, recorded.generation) ? state.config.migration.migrants : 0
  const selected = await selectSurvivors(run, recorded, newcomers, migrants)
  // Read again: while selection ran, a neighbour may have put migrants into this island's inbox.
  const { inbox } = islandOf(state, result.island)
  const island = applySelection({ ...recorded, inbox }, newcomers, selected)
  update(state, island)
  state.ledger = countGeneration(state.ledger, result)
  state.ledger.evictedForSize += selected.evictedForSize.length
  state.lineage = [...state.lineage, ...newcomers.map(lineageOf)]
  state.lineage = pruneLineage(state)
  if (migrants > 0) {
    const everyone = [...island.programs, ...newcomers]
    const emigrants = selected.emigrants.flatMap((id) => everyone.find((program) => program.id === id) ?? [])
    send(state, island, emigrants)
  }
  await trace(run, result)
}

/** Adds the generation to the run's trace; what cannot be written now is completed from history at the export. */
const trace = async (run: Run, result: GenerationResult): Promise<void> => {
  try {
    await run.locally(() => appendTrace({ run: run.identity, records: traceRecords(result) }))
  } catch (error) {
    // A local activity fails with its own failure, not wrapped in an ActivityFailure.
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error
    log.warn('trace not written', { reason: error.message })
  }
}

/** Why a generation was lost, where it was not the run's own doing: ended by hand, or its id is still taken. */
const lossOf = (error: unknown, workflowId: string): string | null => {
  if (error instanceof ChildWorkflowFailure) {
    return `${workflowId} ended without a result: ${error.cause?.message ?? error.message}`
  }
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) return null
  return `${workflowId} is still open from an earlier run of this id: end it, then resume`
}

/** One generation of an island, from the choice of parents to the survivors. */
export const generate = async (run: Run, index: number, draws: number): Promise<void> => {
  const state = stateOf(run)
  const flight = run.inFlight.get(index)
  if (islandOf(state, index).draws.length !== nextDraws(state, islandOf(state, index))) {
    const selected = await selectSurvivors(run, islandOf(state, index), [], 0)
    update(state, applySelection(islandOf(state, index), [], selected))
  }
  const input = generationInput(run, state, islandOf(state, index), draws)
  const workflowId = generationId(run.identity.id, index, input.generation)
  if (flight !== undefined) flight.child = workflowId
  try {
    const child = await startChild<typeof generation>('generation', {
      workflowId,
      taskQueue: evolutionQueue,
      args: [input],
      workflowTaskTimeout,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `island ${index} · generation ${input.generation} · best so far ${describeBest(islandOf(state, index).programs)}`,
    })
    await settle(run, await child.result(), draws)
  } catch (error) {
    const reason = lossOf(error, workflowId)
    if (reason === null || CancellationScope.current().consideredCancelled) throw error
    // The run waits for a person instead of failing; `resume` makes the generation anew.
    run.control.injections.unshift(...input.injections)
    run.control.paused = reason
  }
}

/** Migrants that have arrived for this generation join the island. */
export const migrate = async (run: Run, index: number): Promise<void> => {
  const state = stateOf(run)
  const island = islandOf(state, index)
  const known = new Set(island.programs.flatMap(({ id, hash }) => [id, hash]))
  const arrived = island.inbox[island.generation] ?? []
  const migrants = arrived.filter(({ id, hash }) => !known.has(id) && !known.has(hash))
  const selected = await selectSurvivors(run, island, migrants, 0)
  state.ledger.evictedForSize += selected.evictedForSize.length
  const { inbox } = islandOf(state, index)
  const waiting = Object.fromEntries(Object.entries(inbox).filter(([at]) => Number(at) > island.generation))
  update(state, {
    ...applySelection(island, migrants, selected),
    migratedAt: island.generation,
    inbox: waiting,
    seen: remember(
      island.seen,
      migrants.map(({ hash }) => hash),
    ),
  })
}

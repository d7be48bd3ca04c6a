import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  proxyLocalActivities,
  startChild,
  TemporalFailure,
} from '@temporalio/workflow'
import type { createRunActivities } from '../activities/run/run-activities.ts'
import type { createSelectionActivities } from '../activities/selection/select.ts'
import { selectionOptions, traceOptions, workflowTaskTimeout } from '../temporal/activity-options.ts'
import type { Drawn, GenerationInput, GenerationResult } from '../temporal/generation.ts'
import { evolutionQueue, generationId } from '../temporal/names.ts'
import type { SelectInput, SelectResult } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import { showScreened } from '../temporal/speedup-text.ts'
import {
  type Arrival,
  admitGeneration,
  admitMigrants,
  admitRedraw,
  generationArrival,
  migrantArrival,
  redraw,
} from './arrivals.ts'
import { carryAhead, takeAhead } from './drawn-ahead.ts'
import type { generation } from './generation.ts'
import { islandOf } from './islands.ts'
import type { Deed, Step } from './launch.ts'
import type { proposals } from './proposals.ts'
import { isEnding, type Run, readTaskTime, stateOf } from './run.ts'
import { type Survivors, survivorsOf } from './survivors.ts'
import { traceRecords } from './trace-records.ts'

const { select, encodedSize } = proxyLocalActivities<ReturnType<typeof createSelectionActivities>>(selectionOptions)
const { appendTrace } = proxyLocalActivities<ReturnType<typeof createRunActivities>>(traceOptions)

/** Every local activity is asked for here. */
const locally = <T>(run: Run, call: () => Promise<T>): Promise<T> => {
  run.askedLocally += 1
  return run.locally(call)
}

const selectNow = async (run: Run, input: SelectInput): Promise<SelectResult> => {
  const { askedAt, ...result } = await locally(run, () => select({ ...input, askedAt: readTaskTime() }))
  // Executions begun before did not ask so.
  if (askedAt !== undefined) run.asked = askedAt
  return result
}

/** What selection says of an arrival. */
const selectOn = (run: Run, arrival: Arrival): Promise<Survivors> =>
  survivorsOf(stateOf(run), arrival, {
    select: (input) => selectNow(run, input),
    encodedSize: (input) => locally(run, () => encodedSize(input)),
    // Executions begun before programs were weighed count them uncompressed.
    mayWeigh: () => run.takesTurns || patched('compressed-programs'),
  })

const describeBest = (programs: Program[]): string => {
  const best = programs.reduce((top, program) => (program.score > top.score ? program : top))
  return best.speedup?.eager ? showScreened(best.speedup.eager) : best.score.toPrecision(5)
}

/**
 * What an island's next generation is made from, but for programs that a person gave.
 * @param count of the island's draws that the budget can pay for: the first ones.
 */
const generationInput = (run: Run, state: RunState, island: IslandState, count: number): GenerationInput => {
  const draws = island.draws.slice(0, count)
  const named = new Set(draws.flatMap(({ parent, top, diverse }) => [parent, ...top, ...diverse]))
  const { name, hash, config } = state.problem
  return {
    evolutionId: run.identity.id,
    firstExecutionRunId: run.identity.firstExecutionRunId,
    island: island.index,
    generation: island.generation + 1,
    migratedAt: island.migratedAt,
    draws,
    injections: [],
    programs: island.programs.filter(({ id }) => named.has(id)),
    failures: island.failures,
    seen: island.seen,
    initialSource: state.initial.source,
    problem: { name, hash, description: config.description },
    mutator: state.mutator,
    config: { seed: state.config.seed, mutation: state.config.mutation, evaluation: state.config.evaluation },
  }
}

const settle = async (run: Run, result: GenerationResult, drawn: number): Promise<void> => {
  const state = stateOf(run)
  const arrival = generationArrival(state, result, drawn)
  admitGeneration(state, result, arrival, await selectOn(run, arrival))
  await trace(run, result)
}

/** Adds the generation to the run's trace; what cannot be written now is completed from history at the export. */
const trace = async (run: Run, result: GenerationResult): Promise<void> => {
  try {
    await locally(run, () => appendTrace({ run: run.identity, records: traceRecords(result) }))
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

/** How the child workflow of a generation, or of its first half, is started; notes that it is in flight. */
const childOptions = (run: Run, input: GenerationInput) => {
  const { island, generation } = input
  const workflowId = generationId(run.identity.id, island, generation)
  const flight = run.inFlight.get(island)
  if (flight !== undefined) flight.child = workflowId
  return {
    workflowId,
    taskQueue: evolutionQueue,
    args: [input] as [GenerationInput],
    workflowTaskTimeout,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // A reset leaves the generation running that it went back behind: this one takes its place and finds its replies.
    workflowIdReusePolicy: 'TERMINATE_IF_RUNNING' as const,
    staticSummary: `island ${island} · generation ${generation} · best so far ${describeBest(islandOf(stateOf(run), island).programs)}`,
  }
}

/** Has something done about what a step's child workflow comes to; where it is lost the run waits for a person. */
const unlessLost = async (
  run: Run,
  { island, generation }: GenerationInput,
  act: (deed: Deed) => Promise<void>,
  step: () => Promise<void>,
  whenLost: () => void = () => undefined,
): Promise<void> => {
  try {
    await step()
  } catch (error) {
    const reason = lossOf(error, generationId(run.identity.id, island, generation))
    if (reason === null || CancellationScope.current().consideredCancelled) throw error
    await act(() => {
      run.control.paused = reason
      whenLost()
      return null
    })
  }
}

/**
 * One generation of an island, from the choice of parents to the survivors.
 * @param drawn what its draws have come to, where they were made ahead.
 */
export const generate = (run: Run, index: number, draws: number, drawn: Drawn[] | null = null): Step => ({
  first: () => {
    const state = stateOf(run)
    if (drawn !== null) takeAhead(state, index)
    const anew = drawn === null ? redraw(state, index) : null
    return anew && selectOn(run, anew).then((selected) => admitRedraw(state, index, selected))
  },
  wait: (act) => {
    const state = stateOf(run)
    const injections = run.control.stopping ? [] : run.control.injections.splice(0)
    const made = generationInput(run, state, islandOf(state, index), draws)
    const input = { ...made, injections, ...(drawn === null ? {} : { drawn }) }
    const step = async (): Promise<void> => {
      const child = await startChild<typeof generation>('generation', childOptions(run, input))
      const result = await child.result()
      await act(async () => {
        await settle(run, result, draws)
        return null
      })
    }
    return unlessLost(run, input, act, step, () => {
      // `resume` makes the generation anew.
      run.control.injections.unshift(...injections)
      // The end of a run is not held up by what is lost again and again.
      if (drawn !== null && !isEnding(run)) carryAhead(state, { island: index, generation: input.generation, drawn })
    })
  },
})

/**
 * The proposals of an island's next generation, for its run's next execution: there the device need not wait for them.
 * Those that cannot go there are evaluated at once.
 */
export const drawAhead = (run: Run, index: number): Step => ({
  wait: (act) => {
    const state = stateOf(run)
    const island = islandOf(state, index)
    const draws = island.draws.length
    const input = generationInput(run, state, island, draws)
    return unlessLost(run, input, act, async () => {
      const child = await startChild<typeof proposals>('proposals', childOptions(run, input))
      const drawn = await child.result()
      await act(() => {
        const carried = !isEnding(run) && carryAhead(state, { island: index, generation: input.generation, drawn })
        if (carried) return null
        const flight = run.inFlight.get(index)
        if (flight !== undefined) flight.kind = 'generation'
        return generate(run, index, draws, drawn)
      })
    })
  },
})

/** Migrants that have arrived for this generation join the island. */
export const migrate = (run: Run, index: number): Step => ({
  first: async () => {
    const state = stateOf(run)
    const arrival = migrantArrival(state, index)
    admitMigrants(state, arrival, await selectOn(run, arrival))
  },
})

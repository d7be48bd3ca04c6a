import type { Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { ForkFrom } from '../../temporal/run-config.ts'
import type { FinalPopulation, RunState } from '../../temporal/run-state.ts'
import { populationOf } from '../../workflows/inherited-state.ts'
import { newestRunId, readEvents, readStart, unknownRun } from './executions.ts'
import { type Decode, decodeWith, type HistoryEvent } from './history-payload.ts'
import { recordedStart, recordedState } from './recorded-start.ts'
import { recordedSteps } from './recorded-steps.ts'
import { commonGeneration, refold } from './refold.ts'

const unusable = (message: string) => ApplicationFailure.nonRetryable(message, 'NoSuchPopulation')

const tooEarly = ({ workflowId, generation }: ForkFrom, oldest: number, why: string) =>
  unusable(`generation ${generation} of run ${workflowId}: ${why}; the oldest that can still be used is ${oldest}`)

const furthestGeneration = ({ islands }: RunState): number => Math.max(...islands.map(({ generation }) => generation))

/**
 * The executions of a run's chain that a generation is folded from, oldest first. They begin with the latest one whose
 * start was at or before it: what continue-as-new carried stands for all that came before, also where that has expired.
 */
const executionsFor = async (client: Client, from: ForkFrom, decode: Decode): Promise<string[]> => {
  const { workflowId, generation } = from
  const runIds: string[] = []
  let runId = from.runId ?? (await newestRunId(client, workflowId))
  let oldest: number | null = null
  while (runId !== null) {
    const start = await readStart(client, { workflowId, runId })
    if (start === null) break
    const { type, previous, carried } = await recordedStart(start, decode)
    if (type !== 'evolution') throw unusable(`${workflowId} is no run: expected workflow type evolution, found ${type}`)
    runIds.unshift(runId)
    if (carried === null) return runIds
    oldest = furthestGeneration(carried)
    if (oldest <= generation) return runIds
    runId = previous
  }
  if (oldest === null) throw unusable(unknownRun(workflowId))
  throw tooEarly(from, oldest, 'its history has expired on the server')
}

/** The state that the first of these executions began with. */
const begunAt = async (from: ForkFrom, events: HistoryEvent[], decode: Decode): Promise<RunState> => {
  const state = await recordedState(events, decode)
  if (state === null) throw unusable(`run ${from.workflowId} has no population yet`)
  const oldest = furthestGeneration(state)
  if (oldest > from.generation) throw tooEarly(from, oldest, 'it began later, with the population of another run')
  return state
}

/** The state that a run's chain began with, its recorded results folded again up to a generation. */
const stateAt = async (client: Client, from: ForkFrom): Promise<RunState> => {
  const { workflowId, generation } = from
  const decode = decodeWith(client)
  let state: RunState | null = null
  for (const runId of await executionsFor(client, from, decode)) {
    const events = await readEvents(client, { workflowId, runId })
    if (events === null) throw unusable(unknownRun(workflowId))
    state ??= await begunAt(from, events, decode)
    if (await refold(state, await recordedSteps(events, decode), generation)) break
  }
  if (state === null) throw unusable(unknownRun(workflowId))
  return state
}

/**
 * The population that a run, open or closed, had when every island had made so many generations: folded from the
 * results in its histories, by the same selection. Programs that emigrated then may still be on their way.
 *
 * @throws ApplicationFailure NoSuchPopulation, non-retryable, when the run is unknown or has no such generation: the
 * largest that is finished, or the oldest that the server still has, is named.
 */
export const readPopulationAt = async (client: Client, from: ForkFrom): Promise<FinalPopulation> => {
  const state = await stateAt(client, from)
  const largest = commonGeneration(state)
  if (largest >= from.generation) return populationOf(state)
  const { workflowId, generation } = from
  const message = `generation ${generation} of run ${workflowId}: not every island has finished it`
  throw unusable(`${message}; the largest that can be used is ${largest}`)
}

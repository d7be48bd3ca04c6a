import type { Evaluation } from '../../temporal/evaluation.ts'
import type { MutationResult } from '../../temporal/mutation.ts'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import type { OrchestratorFacts } from '../../temporal/run-activities.ts'
import type { FinalPopulation, RunState } from '../../temporal/run-state.ts'
import { type AnyState, upgradePopulation, upgradeState } from '../../temporal/upgrade.ts'
import { configOf, freshState, newControl, type StateBase, stateBase } from '../../workflows/first-state.ts'
import { forkedState, resumedState } from '../../workflows/inherited-state.ts'
import type { Decode, HistoryEvent } from './history-payload.ts'

/** What an execution's first event says of where it comes from. */
export interface RecordedStart {
  /** Workflow type. */
  type: string
  /** The execution that continued as this one; `null` where this is the run's first. */
  previous: string | null
  /** What that one carried over; `null` likewise. */
  carried: RunState | null
}

export const recordedStart = async (event: HistoryEvent, decode: Decode): Promise<RecordedStart> => {
  const { workflowType, continuedExecutionRunId, input } = event.workflowExecutionStartedEventAttributes ?? {}
  const type = workflowType?.name ?? ''
  if (type !== 'evolution' || !continuedExecutionRunId) return { type, previous: null, carried: null }
  const { carried } = (await decode(input?.payloads?.[0])) as { carried: AnyState }
  return { type, previous: continuedExecutionRunId, carried: upgradeState(carried) }
}

type Result = <T>(activity: string) => Promise<T | undefined>

/** Results of the first call of each activity. */
const firstResults = (events: HistoryEvent[], decode: Decode): Result => {
  const firstCalls = new Map<string, string>()
  for (const { eventId, activityTaskScheduledEventAttributes: scheduled } of events) {
    const name = scheduled?.activityType?.name
    if (name && !firstCalls.has(name)) firstCalls.set(name, String(eventId))
  }
  return async <T>(activity: string) => {
    const ends = events.map(({ activityTaskCompletedEventAttributes: completed }) => completed)
    const end = ends.find((completed) => completed && String(completed.scheduledEventId) === firstCalls.get(activity))
    return (await decode(end?.result?.payloads?.[0])) as T | undefined
  }
}

const inherited = async (base: StateBase, input: unknown, result: Result): Promise<RunState | null> => {
  const { resumeFrom, forkFrom } = base.config
  const loaded = await result<FinalPopulation>(forkFrom === undefined ? 'loadFinalPopulation' : 'loadPopulationAt')
  if (loaded === undefined) return null
  const population = upgradePopulation(loaded)
  base.control.injected = population.injected
  if (forkFrom !== undefined) return forkedState(base, forkFrom, population, input)
  return resumeFrom === undefined ? null : resumedState(base, resumeFrom, population)
}

/** The state that a run's first execution began to evolve; `null` where it has not come so far. */
const firstState = async (events: HistoryEvent[], decode: Decode): Promise<RunState | null> => {
  const [start] = events
  const result = firstResults(events, decode)
  const problem = await result<ProblemSnapshot>('loadProblem')
  const facts = await result<OrchestratorFacts>('inspectOrchestrator')
  if (problem === undefined || facts === undefined) return null
  const input = await decode(start?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0])
  const config = configOf(input, problem)
  const startedAt = Number(start?.eventTime?.seconds ?? 0) * 1000
  const base = stateBase({ config, problem, startedAt, control: newControl(), facts })
  if (config.resumeFrom !== undefined || config.forkFrom !== undefined) return inherited(base, input, result)
  const prepared = await result<MutationResult>('prepareGiven')
  const evaluation = await result<Evaluation>('evaluate')
  if (prepared?.outcome !== 'proposed' || evaluation === undefined) return null
  return freshState(base, prepared.proposal, evaluation)
}

/** The state that an execution began to evolve; `null` where it has not come so far. */
export const recordedState = async (events: HistoryEvent[], decode: Decode): Promise<RunState | null> => {
  const [start] = events
  if (start === undefined) return null
  const { carried } = await recordedStart(start, decode)
  return carried ?? firstState(events, decode)
}

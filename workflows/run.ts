import { condition, patched, workflowInfo } from '@temporalio/workflow'
import type { ProblemSnapshot } from '../temporal/problem.ts'
import type { RunIdentity } from '../temporal/run-activities.ts'
import type { RunControl, RunState } from '../temporal/run-state.ts'
import type { Phase } from '../temporal/run-status.ts'
import type { TaskTime } from '../temporal/task-time.ts'
import { newControl } from './first-state.ts'
import { type OneAtATime, oneAtATime } from './one-at-a-time.ts'
import { createTurns, type Turns } from './turns.ts'

/** A step of an island that is under way. */
export interface InFlight {
  /** `proposals`: of a generation that the run's next execution makes. */
  kind: 'generation' | 'migration' | 'proposals'
  generation: number
  /** Child workflow; `null` for a migration. */
  child: string | null
  /** Milliseconds since the epoch. */
  since: number
  /** Why its generation cannot go on by itself. */
  blocked: string | null
  /** US dollars that its model calls may cost at most. */
  reserved: number
}

/** What search attributes tell of a run. */
export interface Published {
  /** Phase and best program. */
  news: string
  iterations: number
  /** Milliseconds since the epoch. */
  at: number
}

/** The live run: carried state plus what only this execution knows. */
export interface Run {
  identity: RunIdentity
  control: RunControl
  /** `null` until the problem is loaded and the initial program is scored. */
  state: RunState | null
  phase: Phase
  reason: string
  /** Name of the problem asked for. */
  problemName: string
  /** `null` until it is loaded. Workers fetch it by query. */
  problem: ProblemSnapshot | null
  startedAt: number
  inFlight: Map<number, InFlight>
  /** Islands whose next proposals this execution has had made. */
  drewAhead: Set<number>
  /** What is being confirmed. */
  confirming: { programId: string; index: number } | null
  /** False in executions begun before programs were confirmed while a run goes on: their histories hold no such thing. */
  confirmsOnTheWay: boolean
  /** Every local activity goes through here. */
  locally: OneAtATime
  /** Local activities asked for so far. */
  askedLocally: number
  /** What others have made for the run goes through here while islands evolve. */
  turns: Turns
  /** Grows with every message and every finished step: what the run's loop waits on. */
  revision: number
  /** What search attributes were last told. */
  published: Published | null
  /** Messages acted on at once. */
  heard: number
  /** The latest deadline that has passed, milliseconds since the epoch; 0 before. */
  passedDeadline: number
  /** False in executions begun when every iteration was told. */
  countsSeldom: boolean
  /** False in executions begun when only the server asked for a fresh start. */
  continuesEarly: boolean
  /** False in executions begun when islands did nothing while theirs waited to continue as new. */
  drawsAhead: boolean
  /** False in executions begun when news were taken up as they came. */
  takesTurns: boolean
  /** How things stood when selection was last asked: its answer repeats it, and so it is the same on replay. */
  asked: TaskTime
  /** False in executions begun when messages waited for their turn, and the clock had a say in what a run does. */
  goesByEvents: boolean
}

/** How things stand. On replay they may stand otherwise, where a local activity outlasts a workflow task. */
export const readTaskTime = (): TaskTime => {
  const { historyLength, continueAsNewSuggested } = workflowInfo()
  return { now: Date.now(), historyLength, continueAsNewSuggested }
}

/** The run of this workflow execution. */
export const openRun = (problemName: string, carried: RunState | null): Run => {
  const { workflowId, firstExecutionRunId, startTime } = workflowInfo()
  return {
    identity: { id: workflowId, firstExecutionRunId },
    control: carried?.control ?? newControl(),
    state: carried,
    phase: 'running',
    reason: carried === null ? 'loading the problem' : '',
    problemName: carried?.problem.name ?? problemName,
    problem: carried?.problem ?? null,
    startedAt: carried?.startedAt ?? startTime.getTime(),
    inFlight: new Map(),
    drewAhead: new Set(),
    confirming: null,
    confirmsOnTheWay: patched('confirmations-on-the-way'),
    locally: oneAtATime(),
    askedLocally: 0,
    turns: createTurns(readTaskTime, condition),
    revision: 0,
    published: null,
    heard: 0,
    passedDeadline: 0,
    countsSeldom: patched('counts-seldom'),
    continuesEarly: patched('continues-early'),
    drawsAhead: patched('draws-ahead'),
    takesTurns: patched('takes-turns'),
    asked: readTaskTime(),
    goesByEvents: patched('goes-by-events'),
  }
}

/** The moment that a run decides by. */
export const asOf = (run: Run): TaskTime => (run.goesByEvents ? run.asked : run.turns.time())

/** Whether the search is over and what is in flight is being finished: a person or the budget said so. */
export const isEnding = ({ control }: Run): boolean => control.stopping || control.spent !== null

/** The state of a run that has begun. */
export const stateOf = (run: Run): RunState => {
  if (run.state === null) throw new Error('the run has not begun yet')
  return run.state
}

import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common'
import { evolutionQueue, mlxQueue, mutationQueue } from './names.ts'

/** Infrastructure trouble heals by itself or by a person: attempts never run out, waits stay short. */
const untilItWorks = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' } as const

/** Of every workflow here: how long one stands still whose orchestrator died while it was at it. */
export const workflowTaskTimeout = '5s'

/** How the death of a worker is noticed. Whatever an orchestrator does it heartbeats, see `workers/heartbeats.ts`. */
const heartbeatTimeout = '5s'

/** Reading a problem, writing an export: disk work of the orchestrator. */
export const runOptions: ActivityOptions = {
  taskQueue: evolutionQueue,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry: untilItWorks,
}

/** The offline mutator starts a short Python process. */
export const offlineMutationOptions: ActivityOptions = {
  taskQueue: mutationQueue,
  startToCloseTimeout: '20s',
  heartbeatTimeout,
  retry: untilItWorks,
}

/**
 * One attempt is one model call. The activity enforces the configured call timeout itself; start-to-close is the net
 * below it.
 */
export const modelMutationOptions = (callSeconds: number): ActivityOptions => ({
  taskQueue: mutationQueue,
  startToCloseTimeout: `${callSeconds + 30}s`,
  heartbeatTimeout,
  retry: untilItWorks,
})

/**
 * An evaluation may wait for the device behind others, so only the heartbeat bounds it from here; the evaluation's own
 * deadline is kept by its launcher. No schedule-to-start limit: a closed lid is no failure.
 */
export const evaluationOptions: ActivityOptions = {
  taskQueue: mlxQueue,
  startToCloseTimeout: '7 days',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
}

/** Selection is pure and takes milliseconds. */
export const selectionOptions: LocalActivityOptions = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', maximumInterval: '5s' },
}

/** One appended line a candidate. A full disk must not hold the run: the export completes the trace from history. */
export const traceOptions: LocalActivityOptions = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumAttempts: 3 },
}

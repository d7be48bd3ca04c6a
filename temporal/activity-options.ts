import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common'
import { evolutionQueue, mlxQueue, mutationQueue } from './names.ts'

/** Infrastructure trouble heals by itself or by a person: attempts never run out, waits stay short. */
const untilItWorks = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' } as const

/** Reading a problem, writing an export: disk work of the orchestrator. */
export const runOptions: ActivityOptions = {
  taskQueue: evolutionQueue,
  startToCloseTimeout: '10 minutes',
  retry: untilItWorks,
}

/** The offline mutator starts a short Python process. */
export const offlineMutationOptions: ActivityOptions = {
  taskQueue: mutationQueue,
  startToCloseTimeout: '20s',
  retry: untilItWorks,
}

/**
 * One attempt is one model call. The activity enforces the configured call timeout itself; start-to-close is the net
 * below it, and the heartbeat notices a dead orchestrator.
 */
export const modelMutationOptions = (callSeconds: number): ActivityOptions => ({
  taskQueue: mutationQueue,
  startToCloseTimeout: `${callSeconds + 30}s`,
  heartbeatTimeout: '10s',
  retry: untilItWorks,
})

/**
 * An evaluation may wait for the device behind others, so only the heartbeat bounds it from here; the evaluation's own
 * deadline is kept by its launcher. No schedule-to-start limit: a closed lid is no failure.
 */
export const evaluationOptions: ActivityOptions = {
  taskQueue: mlxQueue,
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '8s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
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

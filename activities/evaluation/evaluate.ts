import { Context } from '@temporalio/activity'
import type { EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import type { EvaluationMachine } from './evaluate-once.ts'
import { evaluateOnce } from './evaluate-once.ts'
import type { Journal } from './journal.ts'
import { journalled } from './journalled.ts'
import { createProblemCache } from './problem-cache.ts'
import { assertSpoken } from './protocol.ts'

export { defaultLockFile, evaluateOnce } from './evaluate-once.ts'

const heartbeatMs = 1000

export interface EvaluationDeps extends EvaluationMachine {
  /** Candidates that take this worker down are found out by it. */
  journal: Journal
  /** The snapshot that an evolution carries; asked when this machine does not have the problem yet. */
  fetchProblem: (evolutionId: string) => Promise<ProblemSnapshot>
}

/** What an evaluation's heartbeat says: what it is doing, since when (milliseconds since the epoch). */
export interface EvaluationHeartbeat {
  phase: string
  since: number
}

const startHeartbeats = (context: Context) => {
  let state: EvaluationHeartbeat = { phase: 'preparing', since: Date.now() }
  const beat = () => context.heartbeat(state)
  beat()
  const timer = setInterval(beat, heartbeatMs)
  return {
    enter: (phase: string): void => {
      if (phase === state.phase) return
      state = { phase, since: Date.now() }
      beat()
    },
    stop: (): void => clearInterval(timer),
  }
}

/** Evaluation of candidates, for a worker on the machine that owns the accelerator. */
export const createEvaluationActivities = (deps: EvaluationDeps) => {
  const cachedProblem = createProblemCache(deps.cacheFolder, deps.fetchProblem)
  return {
    /** One program's verdict. Cancelling it ends the evaluation's whole process tree first. */
    async evaluate(input: EvaluateInput): Promise<Evaluation> {
      assertSpoken(input)
      const context = Context.current()
      const heartbeats = startHeartbeats(context)
      try {
        const { folder, snapshot } = await Promise.race([
          cachedProblem(input.problem.hash, input.evolutionId),
          context.cancelled,
        ])
        const job = { ...input, problemFolder: folder, evaluator: snapshot.config.evaluator }
        const watch = { signal: context.cancellationSignal, onPhase: heartbeats.enter }
        return await journalled(deps.journal, input, deps.environment, (journalEntry) =>
          evaluateOnce(deps, job, { ...watch, journalEntry }),
        )
      } catch (error) {
        // Temporal has to see its own CancelledFailure, or the activity would count as failed.
        if (context.cancellationSignal.aborted) return await context.cancelled
        throw error
      } finally {
        heartbeats.stop()
      }
    },
  }
}

import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow'
import { giveUpSignal, retrySignal } from '../temporal/messages.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import type { Phase, RunStatus } from '../temporal/run-status.ts'
import { begin } from './begin.ts'
import { handleControl } from './control.ts'
import { confirmBest, exportPopulation } from './finish.ts'
import { generate, migrate } from './island-steps.ts'
import { handleQueries } from './queries.ts'
import { openRun, type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { runStatus } from './status.ts'
import { publish } from './visibility.ts'

/** What continue-as-new hands to the next execution of the chain. */
export interface Carried {
  carried: RunState
}

const carriedState = (input: unknown): RunState | null =>
  typeof input === 'object' && input !== null && 'carried' in input ? (input as Carried).carried : null

const problemNameIn = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'problem' in input ? String(input.problem) : ''

type Launch = (island: IslandState, kind: 'generation' | 'migration', step: () => Promise<void>) => void

/** Starts the next step of every island that can make one. */
const startSteps = (run: Run, launch: Launch): void => {
  const state = stateOf(run)
  const atOnce = state.config.concurrentIslands || state.islands.length
  for (const island of state.islands) {
    if (run.inFlight.has(island.index)) continue
    const step = nextStep(state, island)
    const draws = step.do === 'generate' ? step.draws : 0
    const injected = step.do === 'rest' && run.control.injections.length > 0
    if (step.do === 'migrate') launch(island, 'migration', () => migrate(run, island.index))
    if ((step.do === 'generate' || injected) && run.inFlight.size < atOnce) {
      launch(island, 'generation', () => generate(run, island.index, draws))
    }
  }
}

const isDone = (run: Run): boolean => {
  const state = stateOf(run)
  const atRest = state.islands.every((island) => nextStep(state, island).do === 'rest')
  return run.control.stopping || (atRest && run.control.injections.length === 0)
}

/** Tells blocked generations that a person has spoken. */
const releaseBlocked = async (run: Run): Promise<void> => {
  for (const flight of run.inFlight.values()) {
    if (flight.blocked === null || flight.child === null) continue
    flight.blocked = null
    await getExternalWorkflowHandle(flight.child).signal(run.control.stopping ? giveUpSignal : retrySignal)
  }
}

/** Runs islands until their quotas are used up or the run is stopped, or until history asks for a fresh start. */
const evolveIslands = async (run: Run): Promise<'done' | 'continue-as-new'> => {
  const failures: unknown[] = []
  const launch: Launch = ({ index, generation }, kind, step) => {
    const reached = kind === 'generation' ? generation + 1 : generation
    run.inFlight.set(index, { generation: reached, child: null, since: Date.now(), blocked: null })
    step()
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        run.inFlight.delete(index)
        run.revision += 1
      })
  }
  for (;;) {
    const seen = run.revision
    if (failures.length > 0) throw failures[0]
    const draining = workflowInfo().continueAsNewSuggested
    const { paused, stopping } = run.control
    if (paused === null || stopping) await releaseBlocked(run)
    if (paused === null && !stopping && !draining) startSteps(run, launch)
    publish(run)
    if (run.inFlight.size === 0) {
      if (isDone(run)) return 'done'
      if (draining && allHandlersFinished()) return 'continue-as-new'
    }
    await condition(() => run.revision > seen)
  }
}

const close = (run: Run, phase: Phase, reason: string): void => {
  run.phase = phase
  run.reason = reason
}

/** Cancelled: nothing new is started, the best so far is still exported. */
const exportCancelled = (run: Run): Promise<void> =>
  CancellationScope.nonCancellable(async () => {
    close(run, 'stopped', 'cancelled')
    if (run.state === null) return
    publish(run)
    await exportPopulation(run)
  })

/**
 * Workflow type `evolution`: one run. Input is a RunConfig, every field optional but `problem`.
 *
 * @returns the run's whole summary.
 * @throws ApplicationFailure, non-retryable: InvalidInput, ProblemNotFound, ProblemInvalid, InitialProgramInvalid.
 */
export async function evolution(input: unknown): Promise<RunStatus> {
  const run = openRun(problemNameIn(input), carriedState(input))
  handleControl(run)
  handleQueries(run, Date.now)
  try {
    run.state ??= await begin(run, input)
    run.reason = ''
    do {
      if ((await evolveIslands(run)) === 'continue-as-new') {
        await continueAsNew<(input: Carried) => Promise<RunStatus>>({ carried: stateOf(run) })
      }
      await confirmBest(run)
    } while (!isDone(run)) // extended, or given a program, while the best was measured
    close(
      run,
      run.control.stopping ? 'stopped' : 'completed',
      run.control.stopping ? 'stopped by a person' : run.reason,
    )
    publish(run)
    await exportPopulation(run)
    return runStatus(run, Date.now())
  } catch (error) {
    if (isCancellation(error)) await exportCancelled(run)
    throw error
  }
}

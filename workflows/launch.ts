import type { IslandState } from '../temporal/run-state.ts'
import type { InFlight, Run } from './run.ts'

/** What is done about something that has come; resolves with the step that follows. */
export type Deed = () => Promise<Step | null> | Step | null

/** A step of an island. */
export interface Step {
  /** What is settled before anything else goes on; `null` where there is nothing. */
  first?: () => Promise<void> | null
  /** Waits for what others make, and has something done about it. */
  wait?: (act: (deed: Deed) => Promise<void>) => Promise<void>
}

/** Resolves when nothing of a step that was begun holds up others; `null` where nothing does. */
export type Begun = Promise<void> | null

/** Begins a step. @param reserved US dollars, see InFlight. */
export type Launch = (island: IslandState, kind: InFlight['kind'], reserved: number, step: Step) => Begun

/** Before news took turns a step went through all of its parts beside the others. */
const goThrough = async (step: Step): Promise<void> => {
  const first = step.first?.() ?? null
  if (first !== null) await first
  await step.wait?.(async (deed) => {
    const done = deed()
    // Histories hold what was asked for in the very moment.
    const next = done instanceof Promise ? await done : done
    if (next !== null) await goThrough(next)
  })
}

/** @param end notes that the island's step has come to its end. @param fail notes why the run has to fail. */
const beginStep = async (run: Run, step: Step, end: () => void, fail: (error: unknown) => void): Promise<void> => {
  await step.first?.()
  if (step.wait === undefined) return end()
  const act = async (deed: Deed): Promise<void> => {
    await run.turns.inTurn(async () => {
      try {
        const next = await deed()
        if (next === null) end()
        else await beginStep(run, next, end, fail)
      } catch (error) {
        fail(error)
      }
    })
  }
  step.wait(act).catch((error: unknown) => run.turns.inTurn(() => fail(error)))
}

/** How an island's step is begun, and its end noted; `failures` gets what the run has to fail of. */
export const launchIn =
  (run: Run, failures: unknown[]): Launch =>
  ({ index, generation }, kind, reserved, step) => {
    const reached = kind === 'migration' ? generation : generation + 1
    const since = run.turns.time().now
    run.inFlight.set(index, { kind, generation: reached, child: null, since, blocked: null, reserved })
    const end = (): void => {
      run.inFlight.delete(index)
      run.revision += 1
    }
    const fail = (error: unknown): void => {
      failures.push(error)
      end()
    }
    if (run.takesTurns) return beginStep(run, step, end, fail)
    goThrough(step)
      .catch((error: unknown) => failures.push(error))
      .finally(end)
    return null
  }

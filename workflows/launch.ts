import type { IslandState } from '../temporal/run-state.ts'
import type { InFlight, Run } from './run.ts'

/** A step of an island. */
export interface Step {
  /** What is settled before anything else goes on; `null` where there is nothing. */
  first?: () => Promise<void> | null
  /** Waits for what others make. Resolves with what is to be done about it, which may lead to a further step. */
  wait?: () => Promise<() => Promise<Step | null>>
}

/** Resolves when nothing of a step that was begun holds up others; `null` where nothing does. */
export type Begun = Promise<void> | null

/** Begins a step. @param reserved US dollars, see InFlight. */
export type Launch = (island: IslandState, kind: InFlight['kind'], reserved: number, step: Step) => Begun

/** Before news took turns a step went through all of its parts beside the others. */
const goThrough = async (step: Step): Promise<void> => {
  for (let next: Step | null = step; next !== null; ) {
    const first = next.first?.() ?? null
    if (first !== null) await first
    next = next.wait === undefined ? null : await (await next.wait())()
  }
}

const beginStep = async (run: Run, step: Step, end: () => void, fail: (error: unknown) => void): Promise<void> => {
  await step.first?.()
  if (step.wait === undefined) return end()
  const goOn = async (then: () => Promise<Step | null>): Promise<void> => {
    const next = await then()
    if (next === null) end()
    else await beginStep(run, next, end, fail)
  }
  step
    .wait()
    .then((then) => run.turns.inTurn(() => goOn(then)))
    .catch(fail)
}

/** How an island's step is begun, and its end noted. */
export const launchIn =
  (run: Run, fail: (error: unknown) => void): Launch =>
  ({ index, generation }, kind, reserved, step) => {
    const reached = kind === 'migration' ? generation : generation + 1
    const since = run.turns.moment().now
    run.inFlight.set(index, { kind, generation: reached, child: null, since, blocked: null, reserved })
    const end = (): void => {
      run.inFlight.delete(index)
      run.revision += 1
    }
    if (run.takesTurns) return beginStep(run, step, end, fail)
    goThrough(step).catch(fail).finally(end)
    return null
  }

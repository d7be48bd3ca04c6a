import type { RunState } from '../temporal/run-state.ts'
import { reservedIn } from './budget.ts'
import { costOf, countAhead, drawnAheadOf, drawnFirst } from './drawn-ahead.ts'
import { drawAhead, generate, migrate } from './island-steps.ts'
import type { Begun, Launch } from './launch.ts'
import { isEnding, type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { affordableDraws, reservation } from './spending.ts'

/** Islands that may have a generation under way. */
const atOnceIn = ({ config, islands }: RunState): number => config.concurrentIslands || islands.length

/** Starts the next step of every island that can make one, and that the budget can pay for. */
export function* startSteps(run: Run, launch: Launch): Generator<Begun> {
  const state = stateOf(run)
  const atOnce = atOnceIn(state)
  for (const island of drawnFirst(state)) {
    const { index } = island
    if (run.control.paused !== null && !isEnding(run)) return // meanwhile, by a person
    if (run.inFlight.has(index)) continue
    const drawn = drawnAheadOf(state, index)
    const step = drawn !== null || isEnding(run) ? { do: 'rest' as const } : nextStep(state, island)
    if (step.do === 'migrate') yield launch(island, 'migration', 0, migrate(run, index))
    if ((step.do !== 'generate' && step.do !== 'rest') || run.inFlight.size >= atOnce) continue
    if (drawn !== null) {
      yield launch(island, 'generation', costOf(drawn), generate(run, index, drawn.length, drawn))
      continue
    }
    const draws = step.do === 'generate' ? affordableDraws(state, island, step.draws, reservedIn(run)) : 0
    // Programs that a person gave cost nothing and are evaluated whatever the budget says.
    if (draws === 0 && (run.control.stopping || run.control.injections.length === 0)) continue
    yield launch(island, 'generation', reservation(state, island, draws), generate(run, index, draws))
  }
}

/**
 * Has the next proposals made of islands that stand still, and migrants join before that, while many others are being
 * waited for. Few are soon done, and would have to wait for these model calls; after them the proposals that are there
 * give the device enough to do.
 */
export function* startDrawingAhead(run: Run, launch: Launch): Generator<Begun> {
  const state = stateOf(run)
  const atOnce = atOnceIn(state)
  const working = [...run.inFlight.values()].filter(({ kind }) => kind !== 'proposals').length
  if (run.confirming === null && 2 * working < Math.min(atOnce, state.islands.length)) return
  for (const island of state.islands) {
    const { index, draws } = island
    if (run.control.paused !== null || isEnding(run)) return // meanwhile, by a person
    if (run.inFlight.has(index) || run.drewAhead.has(index)) continue
    const step = nextStep(state, island)
    if (step.do === 'migrate') yield launch(island, 'migration', 0, migrate(run, index))
    if (run.inFlight.size + countAhead(state) >= atOnce) continue
    // Parents are chosen, and nothing changes that until the generation is made.
    if (step.do !== 'generate' || step.draws !== draws.length) continue
    if (affordableDraws(state, island, draws.length, reservedIn(run)) < draws.length) continue
    run.drewAhead.add(index)
    yield launch(island, 'proposals', reservation(state, island, draws.length), drawAhead(run, index))
  }
}

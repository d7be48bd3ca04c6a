import { proxyActivities, TemporalFailure } from '@temporalio/workflow'
import type { createModelMutator } from '../activities/mutation/model.ts'
import { modelMutationOptions } from '../temporal/activity-options.ts'
import type { GenerationInput } from '../temporal/generation.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import { forgetAskedAhead, isAskedAhead, noteAskedAhead } from './asked-ahead.ts'
import { reservedIn } from './budget.ts'
import { mutateInput } from './draw.ts'
import { generationInput } from './island-steps.ts'
import { type Run, stateOf } from './run.ts'
import { nextStep } from './schedule.ts'
import { affordableDraws } from './spending.ts'

/** What is asked within one workflow task: its answer is a message of at most 4 MB. */
const taskCharacters = 1_000_000

/** @returns whether any reply came; the generation itself asks again, for as long as it takes, where one did not. */
const ask = async (input: GenerationInput): Promise<boolean> => {
  const { mutateWithModel } = proxyActivities<ReturnType<typeof createModelMutator>>({
    ...modelMutationOptions(input.config.mutation.timeoutSeconds),
    retry: { maximumAttempts: 1 },
  })
  const calls = input.draws.map(async (draw, place) => {
    const request = mutateInput(input, draw, place)
    try {
      await mutateWithModel.executeWithOptions({ summary: `${request.id} from ${draw.parent}, asked ahead` }, [request])
      return true
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error
      return false
    }
  })
  return (await Promise.all(calls)).includes(true)
}

/** Whether the island's next generation is known to the last draw: what is asked now is what will be asked then. */
const isSettled = (run: Run, state: RunState, island: IslandState): boolean => {
  const { candidatesPerGeneration: whole } = state.config
  const step = nextStep(state, island)
  return (
    step.do === 'generate' &&
    step.draws === whole &&
    island.draws.length === whole &&
    affordableDraws(state, island, whole, reservedIn(run)) === whole
  )
}

/**
 * Has the model asked for the next proposals of islands that stand still until the run continues as new. What comes of
 * it is not looked at: the ledger keeps the replies, and the next execution's generation finds them there, so that the
 * device does not wait for them.
 */
export const askAhead = (run: Run, failures: unknown[]): void => {
  const state = stateOf(run)
  if (state.mutator !== 'model') return // Others make their proposals in no time.
  const { candidatesPerGeneration, concurrentIslands } = state.config
  const atOnce = concurrentIslands || state.islands.length
  let characters = 0
  for (const island of state.islands) {
    const { index } = island
    // The others' turn comes when something has happened: an island's step has ended, a reply has come.
    if ((state.askedAhead?.length ?? 0) >= atOnce || characters > taskCharacters) return
    if (run.inFlight.has(index) || isAskedAhead(state, index) || !isSettled(run, state, island)) continue
    const input = generationInput(run, state, island, candidatesPerGeneration)
    characters += candidatesPerGeneration * JSON.stringify(input.programs).length
    noteAskedAhead(state, index)
    ask(input)
      .then((came) => {
        if (!came && !run.inFlight.has(index)) forgetAskedAhead(state, index)
      })
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        run.revision += 1
      })
  }
}

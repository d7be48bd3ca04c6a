import { proxyActivities } from '@temporalio/workflow'
import type { createGivenProposer } from '../activities/mutation/given.ts'
import type { createModelMutator } from '../activities/mutation/model.ts'
import type { createOfflineMutator } from '../activities/mutation/offline.ts'
import { modelMutationOptions, offlineMutationOptions } from '../temporal/activity-options.ts'
import type { GenerationInput } from '../temporal/generation.ts'
import type { MutateInput, MutationResult, Usage } from '../temporal/mutation.ts'
import { drawnProgramId, drawSeed } from '../temporal/names.ts'
import type { Draw } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'
import type { GivenUp } from './blockage.ts'

type Guard = <T>(call: () => Promise<T>) => Promise<T>

const programOf = (input: GenerationInput, id: string): Program => {
  const program = input.programs.find((candidate) => candidate.id === id)
  if (program === undefined) throw new Error(`generation input lacks program ${id}`)
  return program
}

const mutateInput = (input: GenerationInput, draw: Draw, place: number): MutateInput => ({
  run: input.firstExecutionRunId ?? input.evolutionId,
  id: drawnProgramId(input.island, input.generation, place),
  draw: drawSeed(input.config.seed, input.island, input.generation, place),
  problem: { name: input.problem.name, description: input.problem.description },
  parent: programOf(input, draw.parent),
  top: draw.top.map((id) => programOf(input, id)),
  diverse: draw.diverse.map((id) => programOf(input, id)),
  failures: input.failures,
  initialSource: input.initialSource,
  config: input.config.mutation,
})

/**
 * Mutation of one draw; a model's reply without a usable patch gets one repair attempt.
 * @param paid gets every model call as soon as it was answered, also where a later one is given up.
 */
export const mutate = async (
  input: GenerationInput,
  draw: Draw,
  place: number,
  guard: Guard,
  paid: Usage[],
): Promise<MutationResult> => {
  const request = mutateInput(input, draw, place)
  const summary = `${request.id} from ${draw.parent}`
  if (input.mutator === 'offline') {
    const { mutateOffline } = proxyActivities<ReturnType<typeof createOfflineMutator>>(offlineMutationOptions)
    return guard(() => mutateOffline.executeWithOptions({ summary }, [request]))
  }
  const { mutateWithModel } = proxyActivities<ReturnType<typeof createModelMutator>>(
    modelMutationOptions(input.config.mutation.timeoutSeconds),
  )
  const ask = async (attempt: MutateInput, title: string): Promise<MutationResult> => {
    const result = await guard(() => mutateWithModel.executeWithOptions({ summary: title }, [attempt]))
    if (result.usage !== null) paid.push(result.usage)
    return result
  }
  const first = await ask(request, summary)
  if (first.outcome === 'proposed') return first
  const repair = { reply: first.reply, reason: first.reason }
  return ask({ ...request, repair }, `${summary}, repair`)
}

/** What a draw comes to that a person gives up while it is blocked. */
export const givenUp = ({ message }: GivenUp): MutationResult => {
  return { outcome: 'unusable', reason: `given up while blocked: ${message}`, reply: '', usage: null }
}

/** An injected or initial source, checked and made a proposal. */
export const prepare = async (id: string, source: string, initialSource: string): Promise<MutationResult> => {
  const { prepareGiven } = proxyActivities<ReturnType<typeof createGivenProposer>>(offlineMutationOptions)
  return prepareGiven.executeWithOptions({ summary: id }, [{ id, source, initialSource }])
}

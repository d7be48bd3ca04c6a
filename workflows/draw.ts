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

type Guard = <T>(call: () => Promise<T>) => Promise<T>

/** A draw's mutation with every model call it took. */
export interface Drawn {
  result: MutationResult
  usage: Usage[]
}

const programOf = (input: GenerationInput, id: string): Program => {
  const program = input.programs.find((candidate) => candidate.id === id)
  if (program === undefined) throw new Error(`generation input lacks program ${id}`)
  return program
}

const mutateInput = (input: GenerationInput, draw: Draw, place: number): MutateInput => ({
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

const usageOf = ({ usage }: MutationResult): Usage[] => (usage === null ? [] : [usage])

/** Mutation of one draw; a model's reply without a usable patch gets one repair attempt. */
export const mutate = async (input: GenerationInput, draw: Draw, place: number, guard: Guard): Promise<Drawn> => {
  const request = mutateInput(input, draw, place)
  const summary = `${request.id} from ${draw.parent}`
  if (input.mutator === 'offline') {
    const { mutateOffline } = proxyActivities<ReturnType<typeof createOfflineMutator>>(offlineMutationOptions)
    const result = await guard(() => mutateOffline.executeWithOptions({ summary }, [request]))
    return { result, usage: usageOf(result) }
  }
  const { mutateWithModel } = proxyActivities<ReturnType<typeof createModelMutator>>(
    modelMutationOptions(input.config.mutation.timeoutSeconds),
  )
  const first = await guard(() => mutateWithModel.executeWithOptions({ summary }, [request]))
  if (first.outcome === 'proposed') return { result: first, usage: usageOf(first) }
  const repair = { reply: first.reply, reason: first.reason }
  const second = await guard(() =>
    mutateWithModel.executeWithOptions({ summary: `${summary}, repair` }, [{ ...request, repair }]),
  )
  return { result: second, usage: [...usageOf(first), ...usageOf(second)] }
}

/** An injected or initial source, checked and made a proposal. */
export const prepare = async (id: string, source: string, initialSource: string): Promise<MutationResult> => {
  const { prepareGiven } = proxyActivities<ReturnType<typeof createGivenProposer>>(offlineMutationOptions)
  return prepareGiven.executeWithOptions({ summary: id }, [{ id, source, initialSource }])
}

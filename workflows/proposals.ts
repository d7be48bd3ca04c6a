import type { Drawn, GenerationInput } from '../temporal/generation.ts'
import type { Usage } from '../temporal/mutation.ts'
import type { Draw } from '../temporal/population.ts'
import { createBlockage, GivenUp } from './blockage.ts'
import { givenUp, mutate } from './draw.ts'

/**
 * Workflow type `proposals`: the first half of a generation, made while its run waits to continue as new. The generation
 * is given what comes of it.
 */
export async function proposals(input: GenerationInput): Promise<Drawn[]> {
  const guard = createBlockage(input.evolutionId, input.island, input.generation)
  const propose = async (draw: Draw, place: number): Promise<Drawn> => {
    const usage: Usage[] = []
    try {
      return { result: await mutate(input, draw, place, guard, usage), usage }
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return { result: givenUp(error), usage }
    }
  }
  return Promise.all(input.draws.map(propose))
}

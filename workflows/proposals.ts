import type { Drawn, GenerationInput } from '../temporal/generation.ts'
import { createBlockage } from './blockage.ts'
import { mutate, settled } from './draw.ts'

/**
 * Workflow type `proposals`: the first half of a generation, made while its run waits to continue as new. The generation
 * is given what comes of it.
 */
export const proposals = (input: GenerationInput): Promise<Drawn[]> => {
  const guard = createBlockage(input.evolutionId, input.island, input.generation)
  return Promise.all(input.draws.map((draw, place) => settled((paid) => mutate(input, draw, place, guard, paid))))
}

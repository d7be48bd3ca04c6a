/** Task queue of workflows and of the activities that belong to the run itself. */
export const evolutionQueue = 'evolution'
/** Task queue of mutation activities: one attempt there is one model call. */
export const mutationQueue = 'mutation'
/** Task queue of evaluations: polled by the machines that own an accelerator. */
export const mlxQueue = 'mlx'

/** Workflow id of one island's generation. */
export const generationId = (evolutionId: string, island: number, generation: number): string =>
  `${evolutionId}/island-${island}/gen-${generation}`

/** Id of the program that a draw makes. */
export const drawnProgramId = (island: number, generation: number, draw: number): string =>
  `i${island}-g${generation}-d${draw}`

/** Id of a program that a user injected, the n-th of its run. */
export const injectedProgramId = (n: number): string => `injected-${n}`

export const initialProgramId = 'initial'

/** Seeds everything random in a draw: the same in every replay and on every machine. */
export const drawSeed = (seed: number, island: number, generation: number, draw: number): string =>
  `${seed}/${island}/${generation}/${draw}`

/** Custom search attributes, as the Temporal server knows them. */
export const searchAttributeTypes = {
  EvolveProblem: 'KEYWORD',
  EvolvePhase: 'KEYWORD',
  EvolveChip: 'KEYWORD',
  EvolveIterations: 'INT',
  EvolveBestScore: 'DOUBLE',
  EvolveBestSpeedup: 'DOUBLE',
} as const
export type SearchAttributeName = keyof typeof searchAttributeTypes

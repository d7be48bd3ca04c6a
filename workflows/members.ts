import type { Member } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'

/** Bytes a program takes in history: characters beyond ASCII are few in programs, so length is close enough. */
const encodedBytes = (program: Program): number => JSON.stringify(program).length

/** What selection is told of a program: no source; features and metrics together are its coordinates. */
export const memberOf = (program: Program): Member => ({
  id: program.id,
  hash: program.hash,
  score: program.score,
  features: { ...program.metrics, ...program.features },
  bytes: encodedBytes(program),
})

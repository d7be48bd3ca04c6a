import type { Member } from '../temporal/population.ts'
import type { Program } from '../temporal/program.ts'

/** Bytes a program takes in history: characters beyond ASCII are few in programs, so length is close enough. */
const encodedBytes = (program: Program): number => {
  const known = sizes.get(program)
  if (known !== undefined) return known
  const size = JSON.stringify(program).length
  sizes.set(program, size)
  return size
}

/** Programs never change, and every selection asks for all of them. */
const sizes = new WeakMap<Program, number>()

/** Bytes of all of them, uncompressed. */
export const bytesOf = (programs: Program[]): number =>
  programs.reduce((sum, program) => sum + encodedBytes(program), 0)

/** What selection is told of a program: no source; features and metrics together are its coordinates. */
export const memberOf = (program: Program): Member => ({
  id: program.id,
  hash: program.hash,
  score: program.score,
  features: { ...program.metrics, ...program.features },
  bytes: encodedBytes(program),
})

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { RunState } from '../temporal/run-state.ts'

/**
 * SHA-256 over the whole population: island, id and source of every program, and its score where the problem is
 * deterministic. Equal for equal populations, whatever the time, the machine or the order of completion.
 */
export const populationDigest = (state: Pick<RunState, 'islands' | 'problem'>): string => {
  const lines = state.islands.flatMap((island) =>
    island.programs.map(({ id, hash, score }) =>
      JSON.stringify([island.index, id, hash, ...(state.problem.config.deterministic ? [score] : [])]),
    ),
  )
  return bytesToHex(sha256(utf8ToBytes(lines.sort().join('\n'))))
}

import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A reproducible stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number
  /** Uniform integer in [0, below). */
  below(below: number): number
}

/** 32 bits of SHA-256 of a text, as an unsigned integer: how every seed in a run is derived. */
export const seedFrom = (text: string): number => {
  const digest = sha256(utf8ToBytes(text))
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
}

/** The stream that belongs to a seed text, the same on every machine. */
export const randomFrom = (seed: string): Random => {
  const generator = xoroshiro128plus(seedFrom(seed))
  return {
    unit: () => uniformFloat64(generator),
    below: (below) => uniformInt(generator, 0, below - 1),
  }
}

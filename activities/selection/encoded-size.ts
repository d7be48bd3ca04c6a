import { compressed } from '../../temporal/codec/compression.ts'
import type { Program } from '../../temporal/program.ts'

/** Bytes that programs take in one payload, compressed as payloads are. */
export const encodedSize = async ({ programs }: { programs: Program[] }): Promise<number> =>
  (await compressed(Buffer.from(JSON.stringify(programs)))).length

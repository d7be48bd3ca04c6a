import path from 'node:path'
import type { Command } from 'commander'
import { addKey, KeyRingInvalid } from '../../../temporal/codec/key-ring.ts'
import { homeFile } from '../../../temporal/home.ts'
import { UsageError } from '../failure.ts'

const addTo = (file: string): string => {
  try {
    return addKey(file)
  } catch (error) {
    throw error instanceof KeyRingInvalid ? new UsageError(error.message) : error
  }
}

/** `keys`: makes the key ring of an encrypted installation, or adds a key to it. */
export const addKeys = (program: Command): void => {
  program
    .command('keys')
    .description('add a new current key to the key ring that encrypts payloads, made if there is none')
    .option('--file <path>', 'the key ring (default: MLX_EVOLVE_KEY_RING, else key-ring.json in the home folder)')
    .action(({ file }: { file?: string }) => {
      const ring = path.resolve(file ?? (process.env.MLX_EVOLVE_KEY_RING || homeFile('key-ring.json')))
      const id = addTo(ring)
      console.log(`key ${id} is the current one of ${ring}`)
      console.log(
        `Every process of the installation needs this file, and MLX_EVOLVE_KEY_RING=${ring}; then start it anew.`,
      )
    })
}

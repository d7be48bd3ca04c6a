import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import { compression } from './codec/compression.ts'
import { createEncryption } from './codec/encryption.ts'
import { keyRingFromEnvironment } from './codec/key-ring.ts'

/** Module that turns failures into payloads where payloads are encrypted, workflow code's included. */
export const encryptedFailuresPath = fileURLToPath(new URL('./codec/failure-converter.ts', import.meta.url))

/**
 * How everything that crosses to the Temporal server is written: large payloads compressed, and all of them encrypted
 * where `MLX_EVOLVE_KEY_RING` names a key ring. Clients and workers of an installation use the same.
 *
 * @throws KeyRingInvalid
 */
export const dataConverter = (env: NodeJS.ProcessEnv = process.env): DataConverter => {
  const ring = keyRingFromEnvironment(env)
  return {
    payloadCodecs: [compression, createEncryption(ring)],
    ...(ring === null ? {} : { failureConverterPath: encryptedFailuresPath }),
  }
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type Payload, type PayloadCodec, ValueError } from '@temporalio/common'
import type { KeyRing } from './key-ring.ts'
import { metadataOf, packPayload, unpackPayload, wrapPayload } from './wrapped-payload.ts'

const encoding = 'binary/encrypted'
const keyIdField = 'encryption-key-id'
const algorithm = 'aes-256-gcm'
/** Bytes, as NIST SP 800-38D recommends for GCM. */
const nonceLength = 12
const tagLength = 16

/** A payload is encrypted, and what is needed to read it is not here. */
export class CannotDecrypt extends ValueError {
  override name = 'CannotDecrypt'
}

const encrypt = (ring: KeyRing, payload: Payload): Payload => {
  const { id, key } = ring.current()
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength })
  cipher.setAAD(Buffer.from(id))
  const sealed = [cipher.update(packPayload(payload)), cipher.final()]
  return wrapPayload({ encoding, [keyIdField]: id }, Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]))
}

const keyFor = (ring: KeyRing | null, id: string): Buffer => {
  if (ring === null) {
    throw new CannotDecrypt(
      `A payload is encrypted with key ${id}: set MLX_EVOLVE_KEY_RING to the key ring that has it`,
    )
  }
  const key = ring.find(id)
  if (key !== undefined) return key
  throw new CannotDecrypt(`A payload is encrypted with key ${id}, which ${ring.file} does not have`)
}

const decrypt = (ring: KeyRing | null, payload: Payload): Payload => {
  if (metadataOf(payload, 'encoding') !== encoding) return payload
  const id = metadataOf(payload, keyIdField)
  const key = keyFor(ring, id)
  const data = Buffer.from(payload.data ?? [])
  try {
    const cipher = createDecipheriv(algorithm, key, data.subarray(0, nonceLength), { authTagLength: tagLength })
    cipher.setAAD(Buffer.from(id)).setAuthTag(data.subarray(-tagLength))
    return unpackPayload(Buffer.concat([cipher.update(data.subarray(nonceLength, -tagLength)), cipher.final()]))
  } catch (cause) {
    throw new CannotDecrypt(
      `A payload cannot be decrypted with key ${id}: it was changed, or the key is another`,
      cause,
    )
  }
}

/**
 * Encrypts every payload with the ring's current key (AES-256-GCM, a random nonce each), where there is a ring. Decodes
 * what any key of the ring has encrypted, and lets through what is not encrypted, such as the input of a bare start.
 */
export const createEncryption = (ring: KeyRing | null): PayloadCodec => ({
  encode: async (payloads) => (ring === null ? payloads : payloads.map((payload) => encrypt(ring, payload))),
  decode: async (payloads) => payloads.map((payload) => decrypt(ring, payload)),
})

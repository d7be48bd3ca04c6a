import type { Payload } from '@temporalio/common'
import temporalProto from '@temporalio/proto'

const { Payload: PayloadMessage } = temporalProto.temporal.api.common.v1

const text = new TextDecoder()
const bytes = new TextEncoder()

/** A metadata field as text; `''` where it is absent. */
export const metadataOf = (payload: Payload, field: string): string =>
  text.decode(payload.metadata?.[field] ?? undefined)

/** A whole payload, its metadata included, as bytes that a codec can work on. */
export const packPayload = (payload: Payload): Uint8Array => PayloadMessage.encode(payload).finish()

/** The payload that {@link packPayload} was given. */
export const unpackPayload = (packed: Uint8Array): Payload => {
  const { metadata, data } = PayloadMessage.decode(packed)
  return { metadata, data }
}

/** What a codec made of a payload, marked with its `encoding` and further metadata. */
export const wrapPayload = (metadata: { encoding: string } & Record<string, string>, data: Uint8Array): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([field, value]) => [field, bytes.encode(value)])),
  data,
})

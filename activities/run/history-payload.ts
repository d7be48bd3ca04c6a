import { type Client, defaultPayloadConverter } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent
type Payload = temporal.api.common.v1.IPayload

/** A value out of history; `undefined` where there is no payload. */
export type Decode = (payload: Payload | null | undefined) => Promise<unknown>

/** Reads payloads as the client's codecs and the default converter do. */
export const decodeWith =
  (client: Client): Decode =>
  async (payload) => {
    if (!payload) return undefined
    let payloads = [payload]
    for (const codec of client.options.loadedDataConverter.payloadCodecs.toReversed()) {
      payloads = await codec.decode(payloads)
    }
    return defaultPayloadConverter.fromPayload(payloads[0] ?? payload)
  }

/** A failure's message; `''` where there is none. Under encryption it is a payload of the failure. */
export const failureMessage = async (
  failure: temporal.api.failure.v1.IFailure | null | undefined,
  decode: Decode,
): Promise<string> => {
  const hidden = (await decode(failure?.encodedAttributes)) as { message?: string } | undefined
  return hidden?.message ?? failure?.message ?? ''
}

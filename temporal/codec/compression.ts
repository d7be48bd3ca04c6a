import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { metadataOf, packPayload, unpackPayload, wrapPayload } from './wrapped-payload.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

const encoding = 'binary/zstd'
/** Below this, bytes, payloads stay as they are: readable in the UI and in the CLI. */
const smallest = 8192
/** Against a payload that blows up in memory; the largest states are a tenth of it. */
const maxOutputLength = 256 * 2 ** 20

const { ZSTD_c_compressionLevel: level, ZSTD_c_enableLongDistanceMatching: longDistance } = constants

/** Bytes compressed as payloads are. Programs of one population resemble each other across megabytes. */
export const compressed = (data: Uint8Array): Promise<Uint8Array> =>
  compress(data, { params: { [level]: 3, [longDistance]: 1 }, pledgedSrcSize: data.length })

const encodeOne = async (payload: Payload): Promise<Payload> => {
  if ((payload.data?.length ?? 0) < smallest) return payload
  const packed = packPayload(payload)
  const data = await compressed(packed)
  return data.length < packed.length ? wrapPayload({ encoding }, data) : payload
}

const decodeOne = async (payload: Payload): Promise<Payload> =>
  metadataOf(payload, 'encoding') === encoding
    ? unpackPayload(await decompress(payload.data ?? new Uint8Array(), { maxOutputLength }))
    : payload

/** Compresses large payloads with zstd (RFC 8878). Others pass through, both ways. */
export const compression: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encodeOne)),
  decode: (payloads) => Promise.all(payloads.map(decodeOne)),
}

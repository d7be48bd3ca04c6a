import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import type { Payload, PayloadCodec } from '@temporalio/common'
import temporalProto from '@temporalio/proto'

const { Payloads } = temporalProto.temporal.api.common.v1

/** A page of history, as base64. */
const largestBody = 64 * 2 ** 20

export interface CodecServerOptions {
  codecs: PayloadCodec[]
  /** 0 for any. */
  port: number
  /** Address to listen at. */
  host: string
  /** Bearer token that requests must carry; null for none, which only a loopback address may have. */
  token: string | null
  /** Origins of web pages that may ask, such as that of the Temporal UI. */
  origins: string[]
}

/** A running codec server. */
export interface CodecServer {
  url: string
  close: () => Promise<void>
}

/** A request that is not served: HTTP status and what was wrong. */
class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const tokenMatches = (token: string, header: string | undefined): boolean => {
  const given = Buffer.from(header ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** A page elsewhere that makes its own name point here is not this machine. */
const assertLocalName = (host: string | undefined): void => {
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '')
  if (name === undefined || !isLoopback(name)) throw new Refusal(403, `unexpected Host ${host}`)
}

const assertAllowed = ({ headers }: IncomingMessage, { host, token, origins }: CodecServerOptions): void => {
  if (isLoopback(host)) assertLocalName(headers.host)
  if (headers.origin !== undefined && !origins.includes(headers.origin)) {
    throw new Refusal(403, `pages of ${headers.origin} may not ask; allowed are ${origins.join(', ') || 'none'}`)
  }
  if (token !== null && !tokenMatches(token, headers.authorization))
    throw new Refusal(401, 'a bearer token is expected')
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > largestBody) throw new Refusal(413, `more than ${largestBody} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parsePayloads = (body: string): Payload[] => {
  try {
    return Payloads.fromObject(JSON.parse(body)).payloads
  } catch (cause) {
    throw new Refusal(400, `no payloads in JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
}

const applyCodecs = async (codecs: PayloadCodec[], way: string, payloads: Payload[]): Promise<Payload[]> => {
  let result = payloads
  if (way === 'encode') for (const codec of codecs) result = await codec.encode(result)
  else for (const codec of codecs.toReversed()) result = await codec.decode(result)
  return result
}

const serve = async (request: IncomingMessage, options: CodecServerOptions): Promise<object> => {
  assertAllowed(request, options)
  // The UI puts the namespace in front where its settings say so.
  const way = /^(?:\/[^/]+)?\/(encode|decode)$/.exec(request.url?.split('?')[0] ?? '')?.[1]
  if (way === undefined) throw new Refusal(404, 'POST /encode and POST /decode are served')
  if (request.method !== 'POST') throw new Refusal(405, 'POST is expected')
  const payloads = parsePayloads(await readBody(request))
  try {
    const result = await applyCodecs(options.codecs, way, payloads)
    return Payloads.toObject(Payloads.fromObject({ payloads: result }), { bytes: String })
  } catch (error) {
    // What a codec says of a payload that it cannot read is what somebody in front of the UI has to know.
    throw new Refusal(422, error instanceof Error ? error.message : String(error))
  }
}

const allowOrigin = ({ headers }: IncomingMessage, response: ServerResponse, origins: string[]): void => {
  const { origin } = headers
  if (origin === undefined || !origins.includes(origin)) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS')
  response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-namespace')
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Vary', 'Origin')
}

const answer = async (request: IncomingMessage, response: ServerResponse, options: CodecServerOptions) => {
  allowOrigin(request, response, options.origins)
  if (request.method === 'OPTIONS') return response.writeHead(204).end()
  try {
    const body = JSON.stringify(await serve(request, options))
    return response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // What was not read is not waited for.
    response.writeHead(error.status, { 'content-type': 'application/json', connection: 'close' })
    return response.end(JSON.stringify({ error: error.message }))
  }
}

/**
 * Serves the codecs over HTTP as Temporal's UI and CLI expect it: POST `/encode` and `/decode` with `{payloads}` in
 * proto JSON.
 *
 * @throws Error if it would listen beyond this machine without a token, or cannot listen
 */
export const startCodecServer = async (options: CodecServerOptions): Promise<CodecServer> => {
  if (options.token === null && !isLoopback(options.host)) {
    throw new Error(
      `At ${options.host} anybody could decode payloads: a token is needed there (MLX_EVOLVE_CODEC_TOKEN)`,
    )
  }
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

import { Agent, fetch, type RequestInfo, type RequestInit, Response } from 'undici'

/** A reply's body went on beyond its bound. */
export class ReplyTooLarge extends Error {
  constructor(bytes: number) {
    super(`the reply is longer than ${bytes} bytes`)
  }
}

/** The caller's own deadline is the only clock: the defaults would end a slow local model's reply after 5 minutes. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connectTimeout: 10_000 })

/** A `fetch` whose bodies fail with {@link ReplyTooLarge} beyond this many bytes. */
export function boundedFetch(bytes: number): typeof globalThis.fetch {
  const bounded = async (url: RequestInfo, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, { ...init, dispatcher })
    if (response.body === null) return response
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(byteLimit(bytes)), { status, statusText, headers })
  }
  // The same interface, declared twice: by undici and by Node's own types.
  return bounded as unknown as typeof globalThis.fetch
}

function byteLimit(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength
      if (seen > bytes) controller.error(new ReplyTooLarge(bytes))
      else controller.enqueue(chunk)
    },
  })
}

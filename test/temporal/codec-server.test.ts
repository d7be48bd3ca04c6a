import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addKey } from '../../temporal/codec/key-ring.ts'
import { type CodecServer, startCodecServer } from '../../temporal/codec-server.ts'
import { dataConverter } from '../../temporal/data-converter.ts'

const ui = 'http://127.0.0.1:8233'
let folder: string
let open: CodecServer
let guarded: CodecServer
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-codec-'))
  const MLX_EVOLVE_KEY_RING = path.join(folder, 'ring.json')
  addKey(MLX_EVOLVE_KEY_RING)
  const { payloadCodecs: codecs = [] } = dataConverter({ MLX_EVOLVE_KEY_RING })
  const common = { codecs, port: 0, host: '127.0.0.1', origins: [ui] }
  open = await startCodecServer({ ...common, token: null })
  guarded = await startCodecServer({ ...common, token: 'open sesame' })
})
afterAll(async () => {
  await open.close()
  await guarded.close()
  rmSync(folder, { recursive: true })
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const payloads = [
  { metadata: { encoding: base64('json/plain') }, data: base64('"small"') },
  { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify('large '.repeat(5000))) },
]
const post = (url: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') =>
  fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  })

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T

test('what it encodes it decodes, with and without a namespace in front', async () => {
  const encoded = await json<{ payloads: typeof payloads }>(post(`${open.url}/encode`, { payloads }))
  expect(encoded.payloads[0]?.metadata.encoding).toBe(base64('binary/encrypted'))
  expect(JSON.stringify(encoded)).not.toContain(payloads[0]?.data)
  for (const at of ['/decode', '/default/decode', '/decode?namespace=default']) {
    expect(await (await post(`${open.url}${at}`, encoded)).json()).toEqual({ payloads })
  }
  expect(await (await post(`${open.url}/decode`, { payloads: [] })).json()).toEqual({})
})

test('pages of the UI may ask, others may not', async () => {
  const preflight = await fetch(`${open.url}/decode`, {
    method: 'OPTIONS',
    headers: { origin: ui, 'access-control-request-headers': 'content-type,x-namespace' },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe(ui)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-namespace')
  expect((await post(`${open.url}/decode`, { payloads }, { origin: ui })).status).toBe(200)
  const evil = await post(`${open.url}/decode`, { payloads }, { origin: 'http://evil.example' })
  expect([evil.status, evil.headers.get('access-control-allow-origin')]).toEqual([403, null])
})

test('a name that was made to point at this machine is refused', async () => {
  const status = await new Promise((resolve, reject) => {
    const asked = request(`${open.url}/decode`, { method: 'POST', headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject).end('{}')
  })
  expect(status).toBe(403)
})

test('with a token nobody gets in without it', async () => {
  const status = async (headers: Record<string, string>) =>
    (await post(`${guarded.url}/decode`, { payloads }, headers)).status
  expect(await status({})).toBe(401)
  expect(await status({ authorization: 'Bearer open' })).toBe(401)
  expect(await status({ authorization: 'Bearer open sesame' })).toBe(200)
})

test('nonsense is refused and named', async () => {
  const refusal = async (at: string, body: unknown, method = 'POST') => {
    const response = await post(`${open.url}${at}`, body, {}, method)
    return [response.status, ((await response.json()) as { error: string }).error]
  }
  expect(await refusal('/decode', 'nonsense')).toEqual([400, expect.stringContaining('no payloads in JSON')])
  expect(await refusal('/decode', { payloads: 5 })).toEqual([400, expect.stringContaining('payloads')])
  expect(await refusal('/elsewhere', {})).toEqual([404, expect.stringContaining('/decode')])
  expect(await refusal('/decode', null, 'GET')).toEqual([405, 'POST is expected'])
  const encrypted = { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('gone') }
  const unknown = { payloads: [{ metadata: encrypted, data: base64('x') }] }
  expect(await refusal('/decode', unknown)).toEqual([422, expect.stringContaining('encrypted with key gone')])
  const broken = { payloads: [{ metadata: { encoding: base64('binary/zstd') }, data: base64('no zstd') }] }
  expect((await refusal('/decode', broken))[0]).toBe(422)
})

test('it does not listen beyond this machine without a token', async () => {
  const options = { codecs: [], port: 0, origins: [], token: null }
  await expect(startCodecServer({ ...options, host: '0.0.0.0' })).rejects.toThrow('MLX_EVOLVE_CODEC_TOKEN')
  const anywhere = await startCodecServer({ ...options, host: '0.0.0.0', token: 't' })
  expect((await post(`${anywhere.url.replace('0.0.0.0', '127.0.0.1')}/decode`, {})).status).toBe(401)
  await anywhere.close()
})

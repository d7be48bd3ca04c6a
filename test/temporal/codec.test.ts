import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compressed, compression } from '../../temporal/codec/compression.ts'
import { CannotDecrypt, createEncryption } from '../../temporal/codec/encryption.ts'
import { addKey, type KeyRing, keyRingFromEnvironment, readKeyRing } from '../../temporal/codec/key-ring.ts'
import { metadataOf, packPayload } from '../../temporal/codec/wrapped-payload.ts'
import { dataConverter } from '../../temporal/data-converter.ts'

let folder: string
let ring: KeyRing
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-codec-'))
  addKey(path.join(folder, 'ring.json'))
  ring = readKeyRing(path.join(folder, 'ring.json'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload
const bytesOf = (payload: Payload): string => Buffer.from(packPayload(payload)).toString('base64')
const contentOf = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload)
const encodeOne = async (codec: PayloadCodec, payload: Payload): Promise<Payload> =>
  (await codec.encode([payload]))[0] as Payload
const decodeOne = async (codec: PayloadCodec, payload: Payload): Promise<Payload> =>
  (await codec.decode([payload]))[0] as Payload

const anyPayload = fc
  .record({
    text: fc.string({ maxLength: 40 }),
    times: fc.integer({ min: 0, max: 2000 }),
    noise: fc.uint8Array({ maxLength: 20_000 }),
  })
  .map(({ text, times, noise }) =>
    payloadOf({ text: text.repeat(times), noise: Buffer.from(noise).toString('latin1') }),
  )

describe('compression', () => {
  test('small payloads stay readable, large ones become smaller, both come back', async () => {
    const small = payloadOf({ problem: 'closed_form' })
    expect(await encodeOne(compression, small)).toBe(small)
    const large = payloadOf('def f(x):\n    return x\n'.repeat(1000))
    const encoded = await encodeOne(compression, large)
    expect(metadataOf(encoded, 'encoding')).toBe('binary/zstd')
    expect(encoded.data?.length).toBeLessThan(500)
    expect(bytesOf(await decodeOne(compression, encoded))).toEqual(bytesOf(large))
  })

  test('what cannot be compressed stays as it is', async () => {
    const noise = payloadOf(new Uint8Array(randomBytes(20_000)))
    expect(await encodeOne(compression, noise)).toBe(noise)
  })

  test('a thousand related programs of 20 kB are far below what Temporal takes', async () => {
    const random = fc.sample(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { seed: 4, numRuns: 20_000 })
    const lines = Array.from({ length: 500 }, (_, n) => `    v${n} = ${random[n]} * x  # a line of forty`.padEnd(40))
    const programs = [lines]
    for (let n = 1; n < 1000; n++) {
      const parent = programs[(random[n] ?? 0) % n] ?? lines
      const edits = Array.from({ length: 10 }, (_, e) => random[1000 + n * 10 + e] ?? 0)
      programs.push(edits.reduce((child, at) => child.with(at % 500, `    w = ${at} * x`.padEnd(40)), parent))
    }
    const text = JSON.stringify(programs.map((program) => program.join('\n')))
    expect(text.length).toBeGreaterThan(18e6)
    expect((await compressed(Buffer.from(text))).length).toBeLessThan(1_500_000)
  })
})

describe('encryption', () => {
  test('every payload is unreadable with it, and comes back', async () => {
    const codec = createEncryption(ring)
    await fc.assert(
      fc.asyncProperty(anyPayload, async (payload) => {
        const encoded = await encodeOne(codec, payload)
        expect(metadataOf(encoded, 'encryption-key-id')).toBe(ring.current().id)
        expect(Object.keys(encoded.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id'])
        expect(bytesOf(await decodeOne(codec, encoded))).toEqual(bytesOf(payload))
      }),
      { numRuns: 50 },
    )
    const secret = await encodeOne(codec, payloadOf('what only we may know'))
    expect(Buffer.from(secret.data ?? []).toString('latin1')).not.toContain('only we')
    expect((await encodeOne(codec, payloadOf('what only we may know'))).data).not.toEqual(secret.data)
  })

  test('a changed payload, another key under the same name, and a cut one are refused', async () => {
    const codec = createEncryption(ring)
    const encoded = await encodeOne(codec, payloadOf('fragile'))
    for (let at = 0; at < (encoded.data?.length ?? 0); at++) {
      const data = Buffer.from(encoded.data ?? [])
      data[at] = (data[at] ?? 0) ^ 1
      await expect(codec.decode([{ ...encoded, data }])).rejects.toThrow(CannotDecrypt)
    }
    await expect(codec.decode([{ ...encoded, data: encoded.data?.slice(0, 5) ?? null }])).rejects.toThrow(CannotDecrypt)
    const other: KeyRing = { ...ring, find: () => randomBytes(32) }
    await expect(createEncryption(other).decode([encoded])).rejects.toThrow('the key is another')
  })

  test('after rotation new payloads have the new key, old ones are still read', async () => {
    const file = path.join(folder, 'rotated.json')
    const first = addKey(file)
    const reader = readKeyRing(file)
    const old = await encodeOne(createEncryption(reader), payloadOf('old'))
    const second = addKey(file)
    const writer = readKeyRing(file)
    expect([metadataOf(old, 'encryption-key-id'), writer.current().id]).toEqual([first, second])
    const fresh = await encodeOne(createEncryption(writer), payloadOf('new'))
    expect(contentOf(await decodeOne(createEncryption(writer), old))).toBe('old')
    // A process that read the ring before looks again.
    expect(contentOf(await decodeOne(createEncryption(reader), fresh))).toBe('new')
  })

  test('without the ring, or without the key, it is said which key is missing', async () => {
    const encoded = await encodeOne(createEncryption(ring), payloadOf('x'))
    const { id } = ring.current()
    await expect(createEncryption(null).decode([encoded])).rejects.toThrow(`key ${id}: set MLX_EVOLVE_KEY_RING`)
    const other = path.join(folder, 'other.json')
    addKey(other)
    await expect(createEncryption(readKeyRing(other)).decode([encoded])).rejects.toThrow(`${id}, which ${other} does`)
  })
})

describe('the key ring', () => {
  test('only its owner may read it', () => {
    expect(statSync(path.join(folder, 'ring.json')).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['not json at all: c2VjcmV0', 'is not JSON'],
    ['{"current": "a", "keys": {"a": "c2VjcmV0"}}', 'has a key of 6 bytes at keys.a'],
    ['{"current": "a", "keys": {"a": 12345}}', 'is wrong at keys.a'],
    [`{"current": "b", "keys": {"a": "${Buffer.alloc(32, 's').toString('base64')}"}}`, 'names "b" as current'],
    ['[]', 'is wrong at its top'],
  ])('%s is refused without quoting it', (text, words) => {
    const file = path.join(folder, 'broken.json')
    writeFileSync(file, text)
    const error = (() => {
      try {
        readKeyRing(file)
      } catch (thrown) {
        return thrown as Error
      }
    })()
    expect(error?.message).toContain(`The key ring ${file} ${words}`)
    expect(error?.message).not.toMatch(/c2VjcmV0|12345|c3Nzc3/)
    expect(() => addKey(file)).toThrow(words)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('one that is named and not there is an error, not clear text', () => {
    const env = { MLX_EVOLVE_KEY_RING: path.join(folder, 'nowhere.json') }
    expect(() => keyRingFromEnvironment(env)).toThrow('nowhere.json cannot be read')
    expect(() => dataConverter(env)).toThrow('nowhere.json cannot be read')
    expect(keyRingFromEnvironment({ MLX_EVOLVE_KEY_RING: '' })).toBeNull()
  })
})

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

const keyBytes = 32

const contents = z.strictObject({ current: z.string().min(1), keys: z.record(z.string().min(1), z.base64()) })
type Contents = z.infer<typeof contents>

/** The keys of an encrypted installation: a file that every process of it has, and the server has not. */
export interface KeyRing {
  file: string
  /** What new payloads are encrypted with. */
  current: () => { id: string; key: Buffer }
  /** Looks again into the file where it does not know the key: another process may have added it. */
  find: (id: string) => Buffer | undefined
}

/** A key ring cannot be read. The message never quotes what is in it. */
export class KeyRingInvalid extends Error {
  override name = 'KeyRingInvalid'
}

const expected = '{"current": "<name>", "keys": {"<name>": "<32 bytes as base64>"}}'

const invalid = (file: string, what: string, cause?: unknown) =>
  new KeyRingInvalid(`The key ring ${file} ${what}; expected ${expected}, as \`npx mlx-evolve keys\` writes it`, {
    cause,
  })

const parse = (file: string, text: string): Contents => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw invalid(file, 'is not JSON') // the parser's own words quote the text
  }
  const parsed = contents.safeParse(json)
  if (!parsed.success) throw invalid(file, `is wrong at ${parsed.error.issues[0]?.path.join('.') || 'its top'}`)
  const { current, keys } = parsed.data
  for (const [id, key] of Object.entries(keys)) {
    const { length } = Buffer.from(key, 'base64')
    if (length !== keyBytes) throw invalid(file, `has a key of ${length} bytes at keys.${id}`)
  }
  if (keys[current] === undefined) throw invalid(file, `names "${current}" as current, but has no such key`)
  return parsed.data
}

const read = (file: string): Contents => {
  try {
    return parse(file, readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof KeyRingInvalid) throw error
    throw invalid(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error)
  }
}

/**
 * The key ring in a file.
 * @throws KeyRingInvalid
 */
export const readKeyRing = (file: string): KeyRing => {
  // Whoever adds a key decides when processes use it, by starting them anew.
  const { current, keys } = read(file)
  const find = (id: string): Buffer | undefined => {
    if (keys[id] === undefined) Object.assign(keys, read(file).keys)
    const key = keys[id]
    return key === undefined ? undefined : Buffer.from(key, 'base64')
  }
  const currentKey = Buffer.from(keys[current] ?? '', 'base64')
  return { file, find, current: () => ({ id: current, key: currentKey }) }
}

/** The key ring that `MLX_EVOLVE_KEY_RING` names; null where payloads are not encrypted. @throws KeyRingInvalid */
export const keyRingFromEnvironment = (env: NodeJS.ProcessEnv = process.env): KeyRing | null =>
  env.MLX_EVOLVE_KEY_RING ? readKeyRing(env.MLX_EVOLVE_KEY_RING) : null

const readOrNone = (file: string): Contents | null => {
  try {
    return read(file)
  } catch (error) {
    const { cause } = error as Error
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw error
  }
}

/** Writes a file so that it is there, whole, after a power cut. Whoever could read the old one can read it. */
const replaceFile = (file: string, text: string): void => {
  const draft = `${file}.new`
  const old = statSync(file, { throwIfNoEntry: false })
  const handle = openSync(draft, 'wx', old?.mode ?? 0o600)
  try {
    writeSync(handle, text)
    if (old !== undefined && process.getuid?.() === 0) fchownSync(handle, old.uid, old.gid)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(draft, file)
}

/**
 * Adds a new key to the ring in a file, made if there is none, and makes it the current one. Nobody but its owner may read
 * a new ring.
 *
 * @returns the key's name.
 * @throws KeyRingInvalid if there is a file that is no key ring, or somebody else is adding a key: it is left as it is
 */
export const addKey = (path: string, now: Date = new Date()): string => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = existsSync(path) ? realpathSync(path) : path
  const old = readOrNone(file)
  const id = `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`
  const keys = { ...old?.keys, [id]: randomBytes(keyBytes).toString('base64') }
  try {
    replaceFile(file, `${JSON.stringify({ current: id, keys }, null, 2)}\n`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    throw invalid(file, `is being changed by somebody else, or ${file}.new was left behind: then delete that`, error)
  }
  return id
}

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openReplyLedger } from '../../activities/mutation/reply-ledger.ts'
import { repoRoot } from '../support/engine.ts'

const key = { run: 'r', draw: '1/0/1/0', request: 'h' }
const body = { choices: [{ message: { content: 'faster: ünïcode' } }] }

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'replies-'))
  file = path.join(folder, 'home', 'replies.sqlite')
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

test('a reply that was kept is there for whoever opens the file later', () => {
  const first = openReplyLedger(file)
  expect(first.claim(key, 'm')).toEqual({ outcome: 'ours' })
  first.keep(key, body)
  first.close()
  const second = openReplyLedger(file)
  expect(second.claim(key, 'm')).toEqual({ outcome: 'kept', body })
  for (const other of [{ run: 'r2' }, { draw: '1/0/1/1' }, { request: 'h2' }]) {
    expect(second.claim({ ...key, ...other }, 'm')).toEqual({ outcome: 'ours' })
  }
  second.close()
})

test('a call under way is another attempt’s, until it is given up', () => {
  const [first, second] = [openReplyLedger(file), openReplyLedger(file)]
  first.claim(key, 'm')
  expect(first.claim(key, 'm')).toEqual({ outcome: 'in flight' })
  expect(second.claim(key, 'm')).toEqual({ outcome: 'in flight' })
  first.release(key)
  expect(second.claim(key, 'm')).toEqual({ outcome: 'ours' })
  first.close()
  second.close()
})

test('giving up does not lose a reply that came', () => {
  const ledger = openReplyLedger(file)
  ledger.claim(key, 'm')
  ledger.keep(key, body)
  ledger.release(key)
  expect(ledger.claim(key, 'm')).toEqual({ outcome: 'kept', body })
  ledger.close()
})

test('a call that could not be written off is not waited for by its own process', () => {
  const ledger = openReplyLedger(file)
  ledger.claim(key, 'm')
  const other = new DatabaseSync(file)
  other.exec('begin immediate')
  expect(() => ledger.release(key)).toThrow('locked')
  other.exec('rollback')
  other.close()
  expect(ledger.claim(key, 'm')).toEqual({ outcome: 'ours' })
  ledger.close()
}, 20_000)

/** A process that runs `code` with a ledger, prints, and stays. */
const holder = async (code: string) => {
  const script = `
    import { openReplyLedger } from ${JSON.stringify(path.join(repoRoot, 'activities/mutation/reply-ledger.ts'))}
    const ledger = openReplyLedger(${JSON.stringify(file)})
    const key = ${JSON.stringify(key)}
    ${code}
    console.log('done')
    setInterval(() => {}, 1000)`
  const child = execa(process.execPath, ['--input-type=module-typescript', '--eval', script], { reject: false })
  await Promise.race([once(child.stdout, 'data'), child.then(({ stderr }) => Promise.reject(new Error(stderr)))])
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await child
    },
  }
}

test('a call of a process that was killed may be made again; its kept reply may not', async () => {
  const asking = await holder(`ledger.claim(key, 'm')`)
  const ledger = openReplyLedger(file)
  expect(ledger.claim(key, 'm')).toEqual({ outcome: 'in flight' })
  await asking.kill()
  expect(ledger.claim(key, 'm')).toEqual({ outcome: 'ours' })
  ledger.release(key)

  const keeping = await holder(`ledger.claim(key, 'm'); ledger.keep(key, ${JSON.stringify(body)})`)
  await keeping.kill()
  expect(ledger.claim(key, 'm')).toEqual({ outcome: 'kept', body })
  ledger.close()
})

test('replies older than any retention are let go', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01') })
  const old = openReplyLedger(file)
  old.claim(key, 'm')
  old.keep(key, body)
  old.close()
  vi.setSystemTime(new Date('2026-04-01'))
  const later = openReplyLedger(file)
  expect(later.claim(key, 'm').outcome).toBe('kept')
  later.close()
  vi.setSystemTime(new Date('2026-05-01'))
  const much = openReplyLedger(file)
  expect(much.claim(key, 'm').outcome).toBe('ours')
  much.close()
})

test('a file that is something else is named', () => {
  const other = path.join(folder, 'notes.txt')
  writeFileSync(other, 'these are notes, and no ledger at all, long enough to be read as a header\n'.repeat(20))
  expect(() => openReplyLedger(other)).toThrow(`${other}: file is not a database; expected the ledger of model replies`)
})

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isRunning, type ProcessReference, thisProcess } from '../../temporal/process-reference.ts'

/** One model call: a draw of a run, and what is asked. */
export interface CallKey {
  /** Id of the run's first execution: the same through continue-as-new, resets and restarts. */
  run: string
  draw: string
  /** Hash of the request. */
  request: string
}

/** What an attempt finds: the reply, a call that is its own to make, or one that another attempt has under way. */
export type Claim = { outcome: 'kept'; body: unknown } | { outcome: 'ours' } | { outcome: 'in flight' }

/** Replies that were paid for, on this host's disk before anybody is told of them. */
export interface ReplyLedger {
  file: string
  claim(key: CallKey, model: string): Claim
  /** Keeps the reply; it is on the disk when this returns. */
  keep(key: CallKey, body: unknown): void
  /** Gives up a call that brought no reply. */
  release(key: CallKey): void
  close(): void
}

// Longer than the retention that a server is given: until then a reset may ask again.
const keptDays = 100
const dayMs = 86_400_000

const schema = `
  create table if not exists replies (
    run text not null,
    draw text not null,
    request text not null,
    model text not null,
    asked_at integer not null,
    pid integer not null,
    started text not null,
    arrived_at integer,
    body text,
    primary key (run, draw, request)
  ) strict`

/** Calls that this process makes right now. */
const underWay = new Set<string>()

/** Whether an error is SQLite's: a full disk, a file that is no database, a folder that is read-only. */
export const isLedgerError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'

/**
 * Opens or begins a ledger. Any number of processes may have it open.
 *
 * @throws Error naming the file where it cannot be used.
 */
export function openReplyLedger(file: string, owner: ProcessReference = thisProcess()): ReplyLedger {
  const database = openDatabase(file)
  const nameOf = ({ run, draw, request }: CallKey): string => [file, run, draw, request].join('\n')
  const ends = (key: CallKey): void => {
    underWay.delete(nameOf(key))
  }
  const find = database.prepare('select pid, started, body from replies where run = ? and draw = ? and request = ?')
  const ask = database.prepare(
    `insert into replies (run, draw, request, model, asked_at, pid, started) values (?, ?, ?, ?, ?, ?, ?)
     on conflict do update set asked_at = excluded.asked_at, pid = excluded.pid, started = excluded.started`,
  )
  const arrive = database.prepare(
    'update replies set body = ?, arrived_at = ? where run = ? and draw = ? and request = ?',
  )
  const forget = database.prepare(
    `delete from replies where run = ? and draw = ? and request = ? and body is null and pid = ? and started = ?`,
  )
  return {
    file,
    claim: (key, model) => {
      // Not synced: where the machine goes down, whoever asked is gone, too.
      database.exec('pragma synchronous = normal')
      return atOnce(database, (): Claim => {
        const row = find.get(key.run, key.draw, key.request)
        if (typeof row?.body === 'string') return { outcome: 'kept', body: JSON.parse(row.body) }
        // Whoever asked and died, or gave up without being able to write it down, will not hear the reply.
        const asker = row && { pid: Number(row.pid), started: String(row.started) }
        const ownCall = asker?.pid === owner.pid && asker.started === owner.started
        if (asker && (ownCall ? underWay.has(nameOf(key)) : isRunning(asker))) return { outcome: 'in flight' }
        underWay.add(nameOf(key))
        ask.run(key.run, key.draw, key.request, model, Date.now(), owner.pid, owner.started)
        return { outcome: 'ours' }
      })
    },
    keep: (key, body) => {
      ends(key)
      database.exec('pragma synchronous = full')
      arrive.run(JSON.stringify(body), Date.now(), key.run, key.draw, key.request)
    },
    release: (key) => {
      ends(key)
      forget.run(key.run, key.draw, key.request, owner.pid, owner.started)
    },
    close: () => database.close(),
  }
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true })
  try {
    const database = new DatabaseSync(file, { timeout: 5000 })
    // On a Mac a sync stops at the drive's cache but for this.
    database.exec('pragma journal_mode = wal; pragma fullfsync = on')
    database.exec(schema)
    database.prepare('delete from replies where asked_at < ?').run(Date.now() - keptDays * dayMs)
    return database
  } catch (error) {
    if (!isLedgerError(error)) throw error
    throw new Error(`${file}: ${error.message}; expected the ledger of model replies, or no file`, { cause: error })
  }
}

/** Runs `work` as one transaction that no other process writes in. */
function atOnce<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate')
  try {
    const result = work()
    database.exec('commit')
    return result
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

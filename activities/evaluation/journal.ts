import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { EvaluateInput } from '../../temporal/evaluation.ts'
import { isRunning, type ProcessReference, processReference, thisProcess } from '../../temporal/process-reference.ts'

/** A start of a candidate that its worker has not seen the end of. */
export interface JournalEntry {
  /** The entry's file while the candidate waits; the launcher renames it, see {@link begunName}, before it starts it. */
  file: string
  /** The candidate has ended, however, and its worker has lived to see it. */
  clear(): Promise<void>
}

/** What this host's workers have begun. An entry of a candidate that began, and whose worker is gone, is a death. */
export interface Journal {
  folder: string
  /** Enters a candidate; the entry is on the disk when this resolves. */
  enter(key: string): Promise<JournalEntry>
  /** When the starts were made that this host's workers did not survive, milliseconds since the epoch, oldest first. */
  deathsOf(key: string): Promise<number[]>
  /** The candidate has a verdict: its deaths count no more. */
  forget(key: string): Promise<void>
  /** Takes back what this process has entered: it was told to stop, what ends it now is not its candidates' doing. */
  withdraw(): void
}

// As long as replies are kept: until then a run may ask again.
const keptMs = 100 * 86_400_000

const waiting = '.waiting'
const begun = '.begun'

/** Name of an entry whose candidate has begun; `journal_entry.py` knows it, too. */
export const begunName = (file: string): string => file.slice(0, -waiting.length) + begun

/** What a candidate is known by: the program, what it is measured on, and how. */
export const journalKey = (input: Pick<EvaluateInput, 'hash' | 'problem' | 'purpose' | 'options'>): string => {
  const { hash, problem, purpose, options } = input
  return createHash('sha256')
    .update(JSON.stringify([hash, problem.hash, purpose, options]))
    .digest('hex')
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Names in a directory are on the disk once the directory itself is. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whose entry this is and when it was last named; `null` where it is gone, or where its text cannot tell. */
const readEntry = async (file: string): Promise<{ worker: ProcessReference; at: number } | null> => {
  try {
    const worker = processReference.safeParse(JSON.parse(await readFile(file, 'utf8')))
    return worker.success ? { worker: worker.data, at: (await stat(file)).mtimeMs } : null
  } catch (error) {
    // A disk that gives back something else, or nothing, says nothing about who died.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null
    throw error
  }
}

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Lets go of what waited when its worker died, and of what nobody will ask about. */
const tidy = async (folder: string, lives: (worker: ProcessReference) => boolean): Promise<void> => {
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name)
    const entry = await readEntry(file)
    if (entry === null) continue
    const never = name.endsWith(waiting) && !lives(entry.worker)
    if (never || entry.at < Date.now() - keptMs) await rm(file, { force: true })
  }
}

/**
 * Opens or begins the journal of this host in a folder. Any number of processes may have it open.
 * @throws Error of the file system where the folder cannot be used, from this and from the journal's functions.
 */
export const openJournal = async (
  home: string,
  owner: ProcessReference = thisProcess(),
  lives: (worker: ProcessReference) => boolean = isRunning,
): Promise<Journal> => {
  // Process ids mean nothing on another host that shares the folder.
  const folder = path.join(home, 'journal', encodeURIComponent(os.hostname()))
  await mkdir(folder, { recursive: true })
  await tidy(folder, lives)
  const entered = new Set<string>()
  let withdrawn = false

  const deaths = async (key: string): Promise<{ file: string; at: number }[]> => {
    const names = (await namesIn(folder)).filter((name) => name.startsWith(`${key}.`) && name.endsWith(begun))
    const found = await Promise.all(
      names.map(async (name) => ({ file: path.join(folder, name), entry: await readEntry(path.join(folder, name)) })),
    )
    return found
      .flatMap(({ file, entry }) => (entry === null || lives(entry.worker) ? [] : [{ file, at: entry.at }]))
      .sort((a, b) => a.at - b.at)
  }

  return {
    folder,
    enter: async (key) => {
      const file = path.join(folder, `${key}.${randomUUID()}${waiting}`)
      await mkdir(folder, { recursive: true })
      // A worker that is told to stop still ends what it began; what ends the worker then is not the candidate's doing.
      if (!withdrawn) await writeFile(file, JSON.stringify(owner), { flush: true })
      entered.add(file)
      await syncFolder(folder)
      return {
        file,
        clear: async () => {
          entered.delete(file)
          for (const name of [file, begunName(file)]) await rm(name, { force: true })
          await syncFolder(folder)
        },
      }
    },
    deathsOf: async (key) => (await deaths(key)).map(({ at }) => at),
    forget: async (key) => {
      for (const { file } of await deaths(key)) await rm(file, { force: true })
    },
    withdraw: () => {
      withdrawn = true
      for (const file of entered) for (const name of [file, begunName(file)]) rmSync(name, { force: true })
      entered.clear()
    },
  }
}

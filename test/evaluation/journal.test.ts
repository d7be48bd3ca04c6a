import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  begunName,
  type Journal,
  type JournalEntry,
  journalKey,
  openJournal,
} from '../../activities/evaluation/journal.ts'
import type { ProcessReference } from '../../temporal/process-reference.ts'
import { temporaryFolder } from './fixture.ts'

/** Processes that live or die as a test says. */
const population = () => {
  const alive = new Set<number>()
  let born = 0
  return {
    lives: ({ pid }: ProcessReference): boolean => alive.has(pid),
    bear: (): ProcessReference => {
      born += 1
      alive.add(born)
      return { pid: born, started: `at ${born}` }
    },
    die: ({ pid }: ProcessReference): void => {
      alive.delete(pid)
    },
  }
}

/** What the launcher does when it has the device. */
const begin = ({ file }: JournalEntry): Promise<void> => rename(file, begunName(file))

/** A worker that died with a candidate. */
const death = async (home: string, key: string): Promise<void> => {
  const { lives, bear, die } = population()
  const worker = bear()
  await begin(await (await openJournal(home, worker, lives)).enter(key))
  die(worker)
}

/** The journal as a worker finds it after all others have died. */
const reopened = (home: string): Promise<Journal> => openJournal(home, { pid: 1, started: 'now' }, () => false)

interface Started {
  key: string
  begun: boolean
  entry: JournalEntry
}

interface Worker {
  process: ProcessReference
  journal: Journal
  running: Started[]
  /** Told to stop: what it starts from then on is nobody's death. */
  stopped: boolean
}

type Doing = 'start' | 'begin' | 'end' | 'die' | 'verdict' | 'stop'
const keys = ['a', 'b']

/** Does one thing to a worker, and to the count of deaths as it should be. */
const act = async (worker: Worker, doing: Doing, key: string, deaths: Map<string, number>): Promise<void> => {
  const { journal, running } = worker
  const of = (begun: boolean) => running.find((started) => started.key === key && started.begun === begun)
  if (doing === 'start') {
    const entry = await journal.enter(key)
    if (worker.stopped) expect(existsSync(entry.file)).toBe(false)
    else running.push({ key, begun: false, entry })
  }
  if (doing === 'begin') {
    const started = of(false)
    if (started === undefined) return
    await begin(started.entry)
    started.begun = true
  }
  if (doing === 'end') {
    const started = of(true) ?? of(false)
    if (started === undefined) return
    await started.entry.clear()
    running.splice(running.indexOf(started), 1)
  }
  if (doing === 'verdict') {
    await journal.forget(key)
    deaths.set(key, 0)
  }
  if (doing === 'stop') {
    journal.withdraw()
    running.length = 0
    worker.stopped = true
  }
}

test('counts the deaths of several workers, however their starts, ends and deaths come', async () => {
  const step = fc.record({
    doing: fc.constantFrom<Doing>('start', 'start', 'begin', 'begin', 'end', 'die', 'die', 'verdict', 'stop'),
    who: fc.nat(2),
    key: fc.constantFrom(...keys),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const home = await temporaryFolder()
      const { lives, bear, die } = population()
      const hire = async (): Promise<Worker> => {
        const process = bear()
        return { process, journal: await openJournal(home, process, lives), running: [], stopped: false }
      }
      const workers = [await hire(), await hire(), await hire()]
      const deaths = new Map(keys.map((key) => [key, 0]))
      for (const { doing, who, key } of steps) {
        const worker = workers[who] as Worker
        if (doing === 'die') {
          for (const { key, begun } of worker.running) if (begun) deaths.set(key, (deaths.get(key) ?? 0) + 1)
          die(worker.process)
          workers[who] = await hire()
        } else await act(worker, doing, key, deaths)
        for (const { journal } of workers) {
          for (const k of keys) expect(await journal.deathsOf(k)).toHaveLength(deaths.get(k) ?? 0)
        }
      }
      await rm(home, { recursive: true })
    }),
    { numRuns: 25 },
  )
})

describe('an entry', () => {
  test('of a candidate that waited for the device is no death, and is tidied away', async () => {
    const home = await temporaryFolder()
    const { lives, bear, die } = population()
    const worker = bear()
    const { file } = await (await openJournal(home, worker, lives)).enter('k')
    await openJournal(home, bear(), lives)
    expect(existsSync(file)).toBe(true)
    die(worker)
    const { folder, deathsOf } = await openJournal(home, bear(), lives)
    expect(await deathsOf('k')).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  test('says when the candidate began, and is let go after a hundred days', async () => {
    const home = await temporaryFolder()
    await death(home, 'k')
    await death(home, 'k')
    const { folder, deathsOf } = await reopened(home)
    const [first = '', second = ''] = readdirSync(folder).map((name) => path.join(folder, name))
    const [recent, old] = [new Date('2027-01-01T10:00:00Z'), new Date(Date.now() - 101 * 86_400_000)]
    await utimes(first, recent, recent)
    await utimes(second, old, old)
    expect(await deathsOf('k')).toEqual([old.getTime(), recent.getTime()].sort((a, b) => a - b))
    expect(await (await reopened(home)).deathsOf('k')).toEqual([recent.getTime()])
  })

  test.each([
    ['empty', ''],
    ['torn', '{"pid": 12, "star'],
    ['other JSON', '["pid"]'],
    ['no text', new Uint8Array([0, 255, 254, 0])],
  ])('that is damaged (%s) says nothing and stops nobody', async (_, content) => {
    const home = await temporaryFolder()
    await death(home, 'k')
    const { folder } = await reopened(home)
    await writeFile(path.join(folder, 'k.damaged.begun'), content)
    await writeFile(path.join(folder, 'k.damaged.waiting'), content)
    await mkdir(path.join(folder, 'k.folder.begun'))
    const journal = await reopened(home)
    expect(await journal.deathsOf('k')).toHaveLength(1)
    const entry = await journal.enter('k')
    await begin(entry)
    await entry.clear()
    expect(existsSync(begunName(entry.file))).toBe(false)
  })

  test('can be made again after somebody removed the whole journal', async () => {
    const home = await temporaryFolder()
    const journal = await reopened(home)
    await rm(path.join(home, 'journal'), { recursive: true })
    expect(await journal.deathsOf('k')).toEqual([])
    expect(existsSync((await journal.enter('k')).file)).toBe(true)
  })
})

test('a candidate is another one with another source, problem, purpose or size', () => {
  const base = {
    hash: 'h',
    problem: { name: 'p', hash: 'q' },
    purpose: 'screening' as const,
    options: { preset: 'small' },
  }
  const others = [
    { ...base, hash: 'g' },
    { ...base, problem: { name: 'p', hash: 'r' } },
    { ...base, purpose: 'confirmation' as const },
    { ...base, options: { preset: 'wide' } },
  ]
  expect(new Set([base, ...others].map(journalKey)).size).toBe(5)
  expect(journalKey({ ...base, problem: { name: 'renamed', hash: 'q' } })).toBe(journalKey(base))
})

import { createHash } from 'node:crypto'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readFinalExport } from '../../activities/run/final-population.ts'
import { type PopulationPage, populationQuery } from '../../temporal/messages.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { recordClosedRun } from '../support/closed-run.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { type FakeDevice, startFakeDevice } from '../support/fake-device.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

/** Text that nothing compresses below three quarters, the same for the same seed. */
const noise = (seed: string, length: number): string => {
  let text = ''
  for (let n = 0; text.length < length; n++) text += createHash('sha512').update(`${seed}/${n}`).digest('base64')
  return text.slice(0, length)
}

const program = (x: number, ballast: string): string =>
  `# ${ballast}\n# EVOLVE-BLOCK-START\nX = ${x}\n# EVOLVE-BLOCK-END\n`

let engine: Engine
let orchestrator: WorkerProcess
let device: FakeDevice
let problem: string
beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 60 })
  problem = copyProblem(path.join(engine.home, 'large'), { 'initial_program.py': program(1.5, noise('base', 40_000)) })
  device = await startFakeDevice(engine, ({ source }) => ({
    verdict: 'scored',
    stage: 'complete',
    reason: '',
    score: Number(/^X = (.*)$/m.exec(source)?.[1] ?? 0),
    metrics: {},
    ...{ speedup: null, calls: null, confirmed: false, artifacts: {}, environment: {} },
    ...{ seconds: 0, startedAt: Date.now() },
  }))
  orchestrator = await startWorker(engine, 'orchestrator')
})
afterAll(async () => {
  await orchestrator.kill('SIGTERM')
  await device.stop()
  await engine.close()
})

const input = (): RunInput => ({ problem, islands: 1, iterations: 1000, selection: { archiveSize: 1000 } })

/** Ids of the programs of a run's newest execution, and whether that is another one than its first. */
const population = async (id: string, firstRunId: string) => {
  const latest = engine.client.workflow.getHandle(id)
  const kept = new Set<string>()
  for (let offset: number | null = 0; offset !== null; ) {
    const page: PopulationPage = await latest.query(populationQuery, { offset, limit: 100 })
    for (const program of page.programs) kept.add(program.id)
    offset = page.next
  }
  return { kept, continued: (await latest.describe()).runId !== firstRunId }
}

/** A run that is sent these programs, stopped when all of them are evaluated. */
const runWith = async (id: string, sources: string[]) => {
  const handle = await begin(engine.client, id, input())
  const first = (await handle.describe()).runId
  await untilStatus(handle, ({ islands }) => islands.length > 0)
  const tell = (name: string, request: unknown) => handle.executeUpdate<string, [unknown]>(name, { args: [request] })
  const ids: string[] = []
  for (let n = 0; n < sources.length; n += 8) {
    ids.push(...(await Promise.all(sources.slice(n, n + 8).map((source) => tell('inject', { source })))))
    const last = sources[Math.min(n + 8, sources.length) - 1]
    await vi.waitUntil(() => device.asked.some(({ source }) => source === last), { timeout: 60_000 })
  }
  await tell('stop', {})
  const status = (await handle.result()) as RunStatus
  return { status, ids, ...(await population(id, first)) }
}

test('related programs of far more than 2 MB are carried through continue-as-new, every one of them', async () => {
  const base = noise('base', 40_000)
  const sources = Array.from({ length: 64 }, (_, n) => program(n + 2, base.replaceAll(String(n % 10), 'z')))
  expect(sources.join('').length).toBeGreaterThan(2.5e6)
  const { status, ids, kept, continued } = await runWith('related', sources)
  expect(continued).toBe(true)
  expect(status).toMatchObject({ phase: 'stopped', ledger: { evictedForSize: 0 } })
  expect(ids.filter((id) => !kept.has(id))).toEqual([])
})

test('a thousand related programs of 20 kB are carried through continue-as-new, every one of them', async () => {
  const base = noise('base', 20_000)
  /** Ten edits of half a line each. */
  const descendant = (n: number): string =>
    Array.from({ length: 10 }, (_, edit) => (n * 7919 + edit * 1997) % (base.length - 40)).reduce(
      (text, at) => text.slice(0, at) + noise(`${n}/${at}`, 40) + text.slice(at + 40),
      base,
    )
  const settings = { ...input(), iterations: 10 }
  const small = await begin(engine.client, 'small', { ...settings, iterations: 2 })
  await small.result()
  const closed = await readFinalExport(engine.client, 'small')
  const [island] = closed.population.islands
  if (island === undefined) throw new Error('no island')
  island.programs = Array.from({ length: 1000 }, (_, n) => {
    const source = program(n + 2, descendant(n))
    return { ...closed.population.initial, id: `given-${n}`, hash: `${n}`, source, score: 10_000 + n } // no child is better
  })
  const runId = await recordClosedRun(engine.client, 'thousand', closed)

  const handle = await begin(engine.client, 'resumed', { ...settings, resumeFrom: { workflowId: 'thousand', runId } })
  const first = (await handle.describe()).runId
  const status = (await handle.result()) as RunStatus
  expect(status).toMatchObject({ phase: 'completed', iterations: 12, ledger: { evictedForSize: 0 } })
  const { kept, continued } = await population('resumed', first)
  expect(continued).toBe(true)
  expect(island.programs.filter(({ id }) => !kept.has(id))).toEqual([])
})

test('programs that nothing compresses are evicted from the worst on, and it is said how many', async () => {
  const sources = Array.from({ length: 56 }, (_, n) => program(n + 2, noise(`own ${n}`, 40_000)))
  const { status, ids, kept, continued } = await runWith('incompressible', sources)
  expect(continued).toBe(true)
  expect(status.ledger?.evictedForSize).toBeGreaterThan(5)
  // The best are there: scores rise with every program sent.
  expect(ids.slice(-20).filter((id) => !kept.has(id))).toEqual([])
  expect(ids.filter((id) => kept.has(id)).length).toBeGreaterThan(30)
})

import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { homeFile } from '../../temporal/home.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { readServerRecord } from '../../temporal/server-record.ts'
import { type ModelStub, startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let stub: ModelStub
let orchestrator: WorkerProcess
let mlx: WorkerProcess
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  engine = await startEngine()
  stub = await startModelStub()
  environment = { OPENAI_API_KEY: 'a-key', OPENAI_BASE_URL: stub.url }
  ;[orchestrator, mlx] = await Promise.all([
    startWorker(engine, 'orchestrator', environment),
    startWorker(engine, 'mlx', environment),
  ])
})
afterAll(async () => {
  await Promise.all([orchestrator.kill('SIGTERM'), mlx.kill('SIGTERM')])
  await stub.close()
  await engine.close()
})

/** Resolves when `count` replies are on disk. */
const untilKept = async (count: number): Promise<void> => {
  const database = new DatabaseSync(homeFile('replies.sqlite'), { readOnly: true })
  const kept = database.prepare('select count(*) as n from replies where body is not null')
  while (Number(kept.get()?.n) < count) await delay(50)
  database.close()
}

test('replies that came while the server was away are not paid for again, although the orchestrator died', async () => {
  stub.setLatency(1000)
  const handle = await begin(engine.client, 'kept', { problem: 'closed_form', iterations: 4, islands: 1 })
  await untilStatus(handle, () => stub.requests.length === 2)
  const server = readServerRecord()?.process.pid
  if (server === undefined) throw new Error('no server is on record')
  process.kill(server, 'SIGSTOP')
  try {
    await untilKept(2)
    await orchestrator.kill('SIGKILL')
  } finally {
    process.kill(server, 'SIGCONT')
  }
  stub.setLatency(0)
  orchestrator = await startWorker(engine, 'orchestrator', environment)
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: 4 })
  expect(stub.requests).toHaveLength(summary.modelCalls)
})

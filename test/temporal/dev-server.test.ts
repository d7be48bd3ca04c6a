import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connectClient } from '../../temporal/connection.ts'
import { DevServerFailed, startDevServer, stopDevServer } from '../../temporal/dev-server.ts'
import { PortInUse } from '../../temporal/ports.ts'
import { isRunning, referTo } from '../../temporal/process-reference.ts'
import { readRetention } from '../../temporal/retention.ts'
import { readServerRecord } from '../../temporal/server-record.ts'
import { type TemporaryHome, temporaryHome } from './temporary-home.ts'

let home: TemporaryHome
beforeEach(async () => {
  home = await temporaryHome()
})
afterEach(() => home.remove())

test('a server starts, keeps closed runs for 90 days, is recorded, and stops', async () => {
  const server = await startDevServer()
  expect(server).toMatchObject({ address: `127.0.0.1:${home.port}`, adopted: false })
  expect(readServerRecord()).toMatchObject({ process: server.process, address: server.address })
  expect((await fetch(server.uiAddress)).status).toBe(200)
  const client = await connectClient()
  expect(await readRetention(client)).toBe(90)
  await client.connection.close()

  await stopDevServer()
  expect(isRunning(server.process)).toBe(false)
  expect(readServerRecord()).toBeNull()
  await stopDevServer()
})

test('a server that survived is adopted, whatever port is asked for', async () => {
  const first = await startDevServer()
  const second = await startDevServer({ port: home.port + 7 })
  expect(second).toEqual({ ...first, adopted: true })
})

test('a server killed with -9 comes back with its data', async () => {
  const first = await startDevServer()
  const client = await connectClient()
  await client.workflow.start('someday', { workflowId: 'kept', taskQueue: 'nobody' })
  await client.connection.close()
  process.kill(first.process.pid, 'SIGKILL')
  while (isRunning(first.process)) await delay(10)

  const second = await startDevServer()
  expect(second.adopted).toBe(false)
  const again = await connectClient()
  expect((await again.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING')
  await again.connection.close()
})

test('the server keeps a log in front of its database', async () => {
  await startDevServer()
  const database = new DatabaseSync(join(home.folder, 'temporal.db'), { readOnly: true })
  expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
})

test('a record whose process number now belongs to somebody else is not adopted', async () => {
  const first = await startDevServer()
  const record = readServerRecord()
  await stopDevServer()
  const other = referTo(process.pid)
  const stale = { ...record, process: { pid: other?.pid, started: 'another time' } }
  await writeFile(join(home.folder, 'server.json'), JSON.stringify(stale))
  const second = await startDevServer()
  expect(second).toMatchObject({ adopted: false, address: first.address })
})

test.each([0, 1000])('a port in use (offset %i) is named with the ways out, and nothing is started', async (offset) => {
  const other = createServer().listen(home.port + offset, '127.0.0.1')
  await once(other, 'listening')
  const failure = await startDevServer().catch((error: unknown) => error)
  other.close()
  expect(failure).toBeInstanceOf(PortInUse)
  expect(String(failure)).toContain(`Port ${home.port + offset}`)
  expect(String(failure)).toMatch(/MLX_EVOLVE_PORT.*TEMPORAL_ADDRESS/)
  expect(existsSync(join(home.folder, 'temporal.db'))).toBe(false)
})

test('dynamic config reaches the server', async () => {
  await startDevServer({ dynamicConfig: { 'limit.maxIDLength': 20 } })
  const client = await connectClient()
  const refused = async () => {
    const start = client.workflow.start('any', { workflowId: 'x'.repeat(21), taskQueue: 'nobody' })
    await expect(start).rejects.toMatchObject({ cause: { details: expect.stringMatching(/length exceeds limit/) } })
  }
  await vi.waitFor(refused, 10_000) // a server that has just come up may have other reasons to refuse
  await client.connection.close()
})

test('a server that cannot start is reported with the end of its log', async () => {
  await writeFile(join(home.folder, 'temporal.db'), 'this is no database, it only looks like a file of some length')
  const failure = await startDevServer().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(DevServerFailed)
  expect(String(failure)).toMatch(/has ended\. Its log, .*server\.log, ends:\n.*database/s)
})

test('a port that is no port is refused by name', async () => {
  process.env.MLX_EVOLVE_PORT = 'http'
  await expect(startDevServer()).rejects.toThrow('MLX_EVOLVE_PORT is "http": a port from 1 to 64534 is expected')
})

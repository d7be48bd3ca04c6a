import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SupervisorEvent } from '../../scripts/supervise/events.ts'
import { SupervisorRunning } from '../../scripts/supervise/lock.ts'
import { type SuperviseOptions, superviseEmbedded } from '../../scripts/supervise/supervise.ts'
import { connectClient } from '../../temporal/connection.ts'
import { isRunning, referTo, thisProcess } from '../../temporal/process-reference.ts'
import { readServerRecord } from '../../temporal/server-record.ts'
import { type TemporaryHome, temporaryHome } from '../temporal/temporary-home.ts'
import { fakeCommand, type Told, told } from './told.ts'

let home: TemporaryHome
let stop: AbortController
let events: SupervisorEvent[]
beforeEach(async () => {
  home = await temporaryHome()
  stop = new AbortController()
  events = []
})
afterEach(async () => {
  stop.abort()
  await home.remove()
})

const supervise = (options: Partial<SuperviseOptions> = {}) =>
  superviseEmbedded({
    server: false,
    signal: stop.signal,
    command: fakeCommand(),
    onEvent: (event) => events.push(event),
    ...options,
  })

/** What has been told once it satisfies; polls, since files have no events worth trusting. */
const until = (satisfies: (all: Told[]) => boolean) =>
  vi.waitFor(
    () => {
      const all = told(home.folder)
      expect(all).toSatisfy(satisfies)
      return all
    },
    { timeout: 30_000, interval: 20 },
  )

const ups = (all: Told[], kind: string) => all.filter((each) => each.kind === kind && each.event === 'up')

test('server and workers start; a worker killed with -9 comes back; all end in order', async () => {
  process.env.OPENAI_API_KEY = 'secret'
  const { server, stopped } = await supervise({ server: true })
  const first = await until((all) => ups(all, 'orchestrator').length === 1 && ups(all, 'mlx').length === 1)
  expect(ups(first, 'orchestrator')[0]?.key).toBe('secret')
  expect(ups(first, 'mlx')[0]?.key).toBeUndefined()

  process.kill(ups(first, 'mlx')[0]?.pid ?? 0, 'SIGKILL')
  const second = await until((all) => ups(all, 'mlx').length === 2)
  expect(ups(second, 'orchestrator')).toHaveLength(1)
  expect(events).toContainEqual(expect.objectContaining({ what: 'worker-down', kind: 'mlx', outcome: 'SIGKILL' }))

  stop.abort()
  await stopped
  expect(told(home.folder).filter(({ event }) => event === 'drained')).toHaveLength(2)
  expect(server && isRunning(server.process)).toBe(false)
  expect(readFileSync(join(home.folder, 'mlx.log'), 'utf8')).toBe('mlx is up\nmlx is up\n')
})

test('a server killed with -9 comes back at the same address', async () => {
  const { server, stopped } = await supervise({ server: true, workers: [] })
  process.kill(server?.process.pid ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(events.filter(({ what }) => what === 'server-up')).toHaveLength(2), { timeout: 30_000 })
  expect(readServerRecord()?.address).toBe(server?.address)
  const client = await connectClient()
  await client.connection.close()
  stop.abort()
  await stopped
})

test('when the supervisor is killed its workers drain, its server stays and is adopted by the next', async () => {
  const script = fileURLToPath(new URL('./fake-supervisor.ts', import.meta.url))
  const supervisor = execa(process.execPath, [script], { reject: false, stderr: 'inherit' })
  await once(createInterface(supervisor.stdout), 'line')
  await until((all) => ups(all, 'orchestrator').length === 1 && ups(all, 'mlx').length === 1)

  const refused = await supervise().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(SupervisorRunning)
  expect(String(refused)).toContain(`process ${supervisor.pid}`)

  supervisor.kill('SIGKILL')
  await supervisor
  await until((all) => all.filter(({ event }) => event === 'drained').length === 2)

  const { server, stopped } = await supervise({ server: true, workers: [] })
  expect(server?.adopted).toBe(true)
  stop.abort()
  await stopped
  expect(readServerRecord()).toBeNull()
})

test('a worker that does not drain is killed with everything beneath it', async () => {
  const { stopped } = await supervise({ workers: ['mlx'], command: fakeCommand('stubborn'), drainMs: 200 })
  const [worker] = ups(await until((all) => ups(all, 'mlx').length === 1), 'mlx')
  stop.abort()
  await stopped
  expect(referTo(worker?.pid ?? 0)).toBeNull()
  await vi.waitFor(() => expect(referTo(worker?.child ?? 0)).toBeNull())
})

test('a worker that keeps crashing is restarted at growing intervals, and where its log is gets told', async () => {
  const { stopped } = await supervise({ workers: ['mlx'], command: fakeCommand('crashes') })
  const crashes = () => events.filter((event) => event.what === 'worker-down')
  await vi.waitFor(() => expect(crashes().length).toBeGreaterThanOrEqual(3), { timeout: 30_000 })
  stop.abort()
  await stopped
  expect(crashes().slice(0, 3)).toMatchObject([
    { outcome: 'exit code 3', restartInMs: 250, log: join(home.folder, 'mlx.log') },
    { restartInMs: 500 },
    { restartInMs: 1000 },
  ])
})

test("a dead supervisor's lock is taken over, and a command that does not exist ends the supervision", async () => {
  writeFileSync(join(home.folder, 'supervisor.json'), JSON.stringify({ ...thisProcess(), started: 'long ago' }))
  const { stopped } = await supervise({ command: () => ['/nonexistent/worker'] })
  await expect(stopped).rejects.toThrow('ENOENT')
})

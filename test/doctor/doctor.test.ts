import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Check } from '../../scripts/doctor/check.ts'
import { formatDoctor, runDoctor } from '../../scripts/doctor/doctor.ts'
import { checkMutator, checkNode, checkWritable } from '../../scripts/doctor/machine.ts'
import { connectClient } from '../../temporal/connection.ts'
import { startDevServer } from '../../temporal/dev-server.ts'
import { searchAttributeTypes } from '../../temporal/names.ts'
import { setRetention } from '../../temporal/retention.ts'
import { connectWorker } from '../../temporal/worker-connection.ts'
import { registerSearchAttributes } from '../../workers/search-attributes.ts'
import { type TemporaryHome, temporaryHome } from '../temporal/temporary-home.ts'

let home: TemporaryHome
beforeEach(async () => {
  home = await temporaryHome()
})
afterEach(() => home.remove())

const named = (checks: Check[], name: string) => checks.find((check) => check.name === name)

test('without a server everything else is still looked at', async () => {
  const checks = await runDoctor()
  expect(named(checks, 'Temporal server')).toMatchObject({
    status: 'fail',
    found: expect.stringContaining('No Temporal server answered at localhost:7233'),
    mend: expect.stringContaining('npx mlx-evolve server'),
  })
  expect(named(checks, 'Python and MLX')).toMatchObject({ status: 'ok', found: expect.stringMatching(/MLX \d+\.\d+/) })
  expect(named(checks, 'Temporal CLI')).toMatchObject({ status: 'ok' })
  expect(named(checks, 'Disk space')?.found).toMatch(/GB free/)
  expect(named(checks, `Write access to ${home.folder}`)).toMatchObject({ status: 'ok' })
  expect(named(checks, 'Retention of closed runs')).toBeUndefined()
})

test('a server is asked about retention, search attributes and workers', async () => {
  await startDevServer()
  const client = await connectClient()
  const before = await runDoctor()
  expect(named(before, 'Retention of closed runs')).toMatchObject({ status: 'ok', found: '90 days' })
  expect(named(before, 'Search attributes')).toMatchObject({
    status: 'warn',
    found: expect.stringContaining('EvolveProblem'),
    mend: expect.stringContaining('--name EvolveProblem --type Keyword'),
  })
  for (const [queue, worker] of [
    ['evolution', 'orchestrator'],
    ['mutation', 'orchestrator'],
    ['mlx', 'mlx'],
  ]) {
    const mend = expect.stringContaining(`npx mlx-evolve worker ${worker}`)
    expect(named(before, `Workers on queue ${queue}`)).toMatchObject({ status: 'warn', found: 'none', mend })
  }

  await setRetention(client.connection, 'default', 1)
  await registerSearchAttributes(client, pino({ level: 'silent' }))
  const connection = await connectWorker()
  const activities = { evaluate: async () => {} }
  const worker = await Worker.create({ connection, taskQueue: 'mlx', identity: 'studio', activities })
  const running = worker.run()
  await expect
    .poll(async () => named(await runDoctor(), 'Workers on queue mlx'), { timeout: 20_000 })
    .toMatchObject({ status: 'ok', found: 'studio' })
  const after = await runDoctor()
  expect(named(after, 'Retention of closed runs')).toMatchObject({ status: 'warn', found: '1.0 days' })
  const all = `all ${Object.keys(searchAttributeTypes).length} registered`
  expect(named(after, 'Search attributes')).toMatchObject({ status: 'ok', found: all })
  worker.shutdown()
  await running
  await connection.close()
  await client.connection.close()
})

test('the model key is reported, never shown', () => {
  const { found } = checkMutator({ OPENAI_API_KEY: 'sk-secret', OPENAI_BASE_URL: 'http://localhost:1' })
  expect(found).toBe('by a model at http://localhost:1, OPENAI_API_KEY is set')
  expect(checkMutator({}).found).toMatch(/offline mutator/)
})

test('an old Node and a folder without write access fail', async () => {
  expect(checkNode('20.20.2')).toMatchObject({ status: 'fail', found: '20.20.2' })
  const folder = join(home.folder, 'locked')
  await mkdir(folder)
  await chmod(folder, 0o500)
  // Root may write anywhere.
  const status = process.getuid?.() === 0 ? 'ok' : 'fail'
  expect(await checkWritable(join(folder, 'new'))).toMatchObject({ status })
})

test('the report is a line a check, with what to do below', () => {
  const checks: Check[] = [
    { name: 'A', status: 'ok', found: 'fine', mend: null },
    { name: 'B', status: 'warn', found: 'missing', mend: 'get one' },
  ]
  expect(stripVTControlCharacters(formatDoctor(checks))).toBe('ok    A: fine\nwarn  B: missing\n      get one')
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectClient, resolveConnection, ServerUnreachable } from '../../temporal/connection.ts'
import { startDevServer } from '../../temporal/dev-server.ts'
import { connectWorker } from '../../temporal/worker-connection.ts'
import { type TemporaryHome, temporaryHome } from './temporary-home.ts'

let home: TemporaryHome
beforeEach(async () => {
  home = await temporaryHome()
})
afterEach(() => home.remove())

async function profiles(text: string) {
  const file = join(home.folder, 'temporal.toml')
  await writeFile(file, text)
  return { TEMPORAL_CONFIG_FILE: file }
}

test('without any setting it is the embedded server at the usual address', () => {
  expect(resolveConnection()).toEqual({
    connectionOptions: { address: 'localhost:7233' },
    namespace: 'default',
    source: 'embedded',
    address: 'localhost:7233',
  })
  expect(resolveConnection({ TEMPORAL_ADDRESS: '', TEMPORAL_CONFIG_FILE: '/nonexistent' }).source).toBe('embedded')
})

test('variables name a server, TLS and a key', () => {
  const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'search', TEMPORAL_API_KEY: 'k' }
  expect(resolveConnection({ ...env, TEMPORAL_CONFIG_FILE: '/nonexistent' })).toEqual({
    connectionOptions: { address: 'temporal.example:7233', apiKey: 'k', tls: true },
    namespace: 'search',
    source: 'environment',
    address: 'temporal.example:7233',
  })
})

test('a profile names a server; variables win over it', async () => {
  const file = await profiles(
    '[profile.default]\naddress = "a:1"\n[profile.team]\naddress = "b:2"\nnamespace = "team"\n',
  )
  expect(resolveConnection(file)).toMatchObject({ source: 'profile', address: 'a:1', namespace: 'default' })
  const team = { ...file, TEMPORAL_PROFILE: 'team' }
  expect(resolveConnection(team)).toMatchObject({ source: 'profile', address: 'b:2', namespace: 'team' })
  const both = { ...team, TEMPORAL_ADDRESS: 'c:3' }
  expect(resolveConnection(both)).toMatchObject({ source: 'environment', address: 'c:3', namespace: 'team' })
})

test('a profile that does not exist, or a file that is not TOML, is one clear message', async () => {
  const file = await profiles('[profile.default]\naddress = "a:1"\n')
  expect(() => resolveConnection({ ...file, TEMPORAL_PROFILE: 'nope' })).toThrow(
    /^Temporal connection settings cannot be read \(.*temporal\.toml\): Profile 'nope' not found/,
  )
  expect(() => resolveConnection({ ...file, TEMPORAL_PROFILE: 'default' })).not.toThrow()
  await profiles('[profile')
  expect(() => resolveConnection(file)).toThrow(/^Temporal connection settings cannot be read \(.*temporal\.toml\)/)
})

test('client and worker find the embedded server by its record', async () => {
  const server = await startDevServer({ namespace: 'own' })
  const to = resolveConnection({ ...process.env, TEMPORAL_NAMESPACE: 'own' })
  expect(to).toMatchObject({ source: 'embedded', address: server.address, namespace: 'own' })
  const client = await connectClient({ to })
  expect(client.options.namespace).toBe('own')
  await client.workflow.start('any', { workflowId: 'one', taskQueue: 'nobody' })
  await client.connection.close()
  const worker = await connectWorker({ to })
  await worker.close()
})

test('an embedded server that is not running is reported at once, with the command that starts it', async () => {
  const started = Date.now()
  const failure = await connectClient({ to: { ...resolveConnection(), ...at('127.0.0.1:1') } }).catch(asError)
  expect(failure).toBeInstanceOf(ServerUnreachable)
  expect(String(failure)).toMatch(/No Temporal server answered at 127\.0\.0\.1:1 .*`npx mlx-evolve server`/)
  expect(Date.now() - started).toBeLessThan(5000)
})

test('a named server that is not there is reported with its address and the setting to check', async () => {
  const to = resolveConnection({ TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_CONFIG_FILE: '/nonexistent' })
  for (const connect of [connectClient, connectWorker]) {
    const failure = await connect({ to, waitMs: 600 }).catch(asError)
    expect(failure).toBeInstanceOf(ServerUnreachable)
    expect(failure).toMatchObject({ address: '127.0.0.1:1' })
    expect(String(failure)).toMatch(/at 127\.0\.0\.1:1 within 1 s .*Check TEMPORAL_ADDRESS/)
  }
})

const at = (address: string) => ({ address, connectionOptions: { address } })

function asError(error: unknown): Error {
  if (error instanceof Error) return error
  throw error
}

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repoRoot } from '../support/engine.ts'
import { cli, main } from '../support/workers.ts'

let home: string
let env: NodeJS.ProcessEnv
beforeAll(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-codec-'))
  env = { ...process.env, MLX_EVOLVE_HOME: home, MLX_EVOLVE_KEY_RING: '', MLX_EVOLVE_CODEC_TOKEN: '' }
})
afterAll(() => rmSync(home, { recursive: true }))

test('keys makes a ring that nobody else can read, then adds to it', async () => {
  const file = path.join(home, 'ring.json')
  const first = await cli({ env }, ['keys', '--file', file])
  expect(first).toMatchObject({ exitCode: 0 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await cli({ env }, ['keys'], { MLX_EVOLVE_KEY_RING: file })
  const { current, keys } = JSON.parse(readFileSync(file, 'utf8'))
  expect(Object.keys(keys)).toHaveLength(2)
  expect(first.stdout).not.toContain(current)
  for (const key of Object.values<string>(keys)) expect(first.stdout).not.toContain(key)
})

test('what is no key ring is left alone', async () => {
  const file = path.join(home, 'notes.txt')
  writeFileSync(file, 'my notes')
  const result = await cli({ env }, ['keys', '--file', file])
  expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${file} is not JSON`) })
  expect(readFileSync(file, 'utf8')).toBe('my notes')
})

test('codec-server serves until it is stopped; beyond this machine it wants a token', async () => {
  const refused = await cli({ env }, ['codec-server', '--host', '0.0.0.0'])
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('MLX_EVOLVE_CODEC_TOKEN') })
  const server = execa(process.execPath, [main, 'codec-server', '--port', '0'], { env, cwd: repoRoot, reject: false })
  const [line] = await once(createInterface({ input: server.stdout }), 'line')
  const url = /http:\S+[0-9]/.exec(line)?.[0]
  expect((await fetch(`${url}/decode`, { method: 'POST', body: '{"payloads": []}' })).status).toBe(200)
  server.kill('SIGTERM')
  expect((await server).exitCode).toBe(0)
})

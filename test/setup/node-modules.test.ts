import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { environmentForNpm } from '../../scripts/setup/node-modules.mjs'
import { Clone } from './clone.ts'

let clone: Clone
beforeEach(async () => {
  clone = await Clone.create()
  await rm(join(clone.folder, 'node_modules'))
})
afterEach(() => clone.remove())

const locked = { '': { name: 'x' }, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } }
const otherPlatform = { 'node_modules/b': { version: '2.0.0', optional: true } }

const lock = (packages: object) => clone.write('package-lock.json', JSON.stringify({ packages }))

async function installed(packages: object) {
  await clone.write('node_modules/.package-lock.json', JSON.stringify({ packages }))
  await mkdir(join(clone.folder, 'node_modules/.bin'), { recursive: true })
  await writeFile(join(clone.folder, 'node_modules/.bin/node'), '')
}

async function current(): Promise<string> {
  const script =
    "import { nodeModulesCurrent } from './scripts/setup/node-modules.mjs'; console.log(nodeModulesCurrent())"
  const { stdout } = await clone.run(process.execPath, ['--input-type=module', '-e', script], {})
  return stdout
}

test('a fresh clone and a half-done install are not current', async () => {
  await lock(locked)
  expect(await current()).toBe('false')
  await mkdir(join(clone.folder, 'node_modules/a'), { recursive: true })
  expect(await current()).toBe('false')
})

test('an install is current when every package has the locked version and content', async () => {
  await lock({ ...locked, ...otherPlatform })
  await installed({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } })
  expect(await current()).toBe('true')
  await lock({ ...locked, 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a1' } })
  expect(await current()).toBe('false')
  await lock({ ...locked, 'node_modules/c': { version: '3.0.0' } })
  expect(await current()).toBe('false')
})

test('npm ci is tried when packages are missing; without npm the message says so', async () => {
  const { exitCode, stderr } = await clone.run(process.execPath, ['scripts/install.mjs'], { PATH: '/nonexistent' })
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/npm ci: installs the JavaScript packages and Node 24/)
  expect(stderr).toMatch(/tried `npm ci .*` in .* \(npm was not found on PATH\)/)
})

test('npm runs without the enclosing npm script in its environment', () => {
  const env = environmentForNpm({
    PATH: '/repo/node_modules/.bin:/usr/bin',
    npm_lifecycle_event: 'prestart',
    npm_package_json: '/repo/package.json',
    npm_config_registry: 'kept',
    NODE: '/repo/node_modules/.bin/node',
    NODE_OPTIONS: 'kept',
  })
  expect(env).toEqual({ PATH: '/usr/bin', npm_config_registry: 'kept', NODE_OPTIONS: 'kept' })
})

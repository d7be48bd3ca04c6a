import { existsSync } from 'node:fs'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findPython } from '../../scripts/setup/find-python.ts'
import { Clone } from './clone.ts'
import { writeFakeMlx } from './fake-mlx.ts'

/** Refuses every connection, so that a download fails the same way on every machine. */
const offline = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' }
const nowhere = { PATH: '/nonexistent' }

let clone: Clone
beforeEach(async () => {
  clone = await Clone.create()
})
afterEach(() => clone.remove())

const setUp = (env: Record<string, string>) => clone.run(process.execPath, ['scripts/setup/main.ts'], env)
async function pythonCurrent(env: Record<string, string>): Promise<string> {
  const script = "import { pythonStep } from './scripts/setup/python.ts'; console.log(pythonStep().current())"
  return (await clone.run(process.execPath, ['--input-type=module', '-e', script], env)).stdout
}
const fakeTemporal = (version: string) => clone.write('bin/temporal', `#!/bin/sh\necho '${version}'\n`, 0o755)

test('without Python, Temporal or Go each step says what was tried and what to install', async () => {
  const { exitCode, stderr, stdout } = await setUp({ ...nowhere, ...offline })
  expect(exitCode).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/\[python] failed: no suitable Python/)
  for (const name of ['python3.13', 'python3.12', 'python3.11', 'python3']) {
    expect(stderr).toContain(`tried: ${name}: not found`)
  }
  expect(stderr).toMatch(/by hand: install Python 3\.11 or later/)
  expect(stderr).toMatch(/\[temporal] failed: no Temporal CLI/)
  expect(stderr).toContain('tried: PATH has no `temporal`')
  expect(stderr).toMatch(/tried: download from temporal\.download: .+/)
  expect(stderr).toContain('tried: `go install`: Go is not on PATH')
  expect(stderr).toMatch(/by hand: install the Temporal CLI/)
})

test('a Temporal CLI on PATH is linked, and the second start does nothing', async () => {
  const binary = await fakeTemporal('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')
  const env = { PATH: `${join(clone.folder, 'bin')}:/usr/bin:/bin`, MLX_EVOLVE_PYTHON_BIN: '/usr/bin/true' }
  const first = await setUp(env)
  expect(first).toMatchObject({ exitCode: 0 })
  expect(first.stderr).toMatch(/\[temporal] done/)
  const link = await lstat(join(clone.folder, '.tools/bin/temporal'))
  expect(link.isSymbolicLink()).toBe(true)
  expect(await readFile(join(clone.folder, '.tools/bin/temporal'), 'utf8')).toBe(await readFile(binary, 'utf8'))

  const second = await setUp(env)
  expect(second).toMatchObject({ exitCode: 0, all: '' })
  expect(second.durationMs).toBeLessThan(2000)
})

test('a Temporal CLI that is too old or broken is named and not taken', async () => {
  await fakeTemporal('temporal version 0.9.0 (Server 1.20.0, UI 2.10.0)')
  await clone.write('bin2/temporal', '#!/bin/sh\nexit 3\n', 0o755)
  const path = `${join(clone.folder, 'bin')}:${join(clone.folder, 'bin2')}`
  const { exitCode, stderr } = await setUp({ PATH: path, MLX_EVOLVE_PYTHON_BIN: '/usr/bin/true', ...offline })
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/bin\/temporal is too old \(temporal version 0\.9\.0/)
  expect(stderr).toMatch(/bin2\/temporal --version fails/)
  expect(existsSync(join(clone.folder, '.tools/bin/temporal'))).toBe(false)
})

test('a failing go build is reported with its last lines', async () => {
  await clone.write(
    'bin/go',
    '#!/bin/sh\n[ "$1" = version ] && echo go version go1.25 && exit\necho no route >&2\nexit 1\n',
    0o755,
  )
  const env = { PATH: join(clone.folder, 'bin'), MLX_EVOLVE_PYTHON_BIN: '/usr/bin/true', ...offline }
  const { exitCode, stderr } = await setUp(env)
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/tried: `go install github\.com\/temporalio\/cli\/cmd\/temporal@v1\.5\.1`: no route/)
})

test('the Python environment is built once, and stale when a lock file changes', async () => {
  await fakeTemporal('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')
  const { command } = await findPython()
  const env = {
    PATH: `${join(clone.folder, 'bin')}:${process.env.PATH}`,
    HOME: process.env.HOME ?? '',
    MLX_EVOLVE_BACKEND: 'cpu',
    PIP_NO_INDEX: '1',
  }
  await clone.write('requirements/cpu.txt', `${await writeFakeMlx(clone.folder, command)}\n`)
  await clone.write('requirements/dev.txt', '')
  const built = await setUp(env)
  expect(built).toMatchObject({ exitCode: 0 })
  expect(built.stderr).toMatch(/\[python] MLX 0\.0\.7 fake device/)
  expect(await setUp(env)).toMatchObject({ exitCode: 0, all: '' })

  await clone.write('requirements/dev.txt', '# changed\n')
  expect(await pythonCurrent(env)).toBe('false')
})

test('an environment in which MLX does not import is reported, and built anew next time', async () => {
  await fakeTemporal('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')
  const env = { PATH: `${join(clone.folder, 'bin')}:/usr/bin:/bin`, MLX_EVOLVE_BACKEND: 'cpu' }
  // Answers the version probe, makes an "environment" of a copy of itself, and installs without ado.
  const fakePython = (mlx: string) => `#!/bin/sh
case "$1 $2" in
  "-c import sys"*) echo 3.12.1 ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip") ;;
  *) ${mlx} ;;
esac
`
  await clone.write('bin/python3.13', fakePython(`echo "No module named 'mlx'" >&2; exit 1`), 0o755)
  const broken = await setUp(env)
  expect(broken.exitCode).toBe(1)
  expect(broken.stderr).toMatch(/\[python] failed: the Python environment \.venv could not be made/)
  expect(broken.stderr).toMatch(/No module named 'mlx'\n.*by hand: choose another build with MLX_EVOLVE_BACKEND/)
  expect(existsSync(join(clone.folder, '.venv/bin/python'))).toBe(true)
  expect(await pythonCurrent(env)).toBe('false')

  await clone.write('bin/python3.13', fakePython('echo 0.32 gpu'), 0o755)
  expect(await setUp(env)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('[python] MLX 0.32 gpu') })
  expect(await pythonCurrent(env)).toBe('true')
})

test('where the environment names a server the Temporal CLI is not needed, unless for the tests', async () => {
  const named = {
    ...nowhere,
    ...offline,
    MLX_EVOLVE_PYTHON_BIN: '/usr/bin/true',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
  }
  const start = await setUp({ ...named, npm_lifecycle_event: 'prestart' })
  expect(start).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('names the server temporal.example:7233'),
  })
  expect(await setUp({ ...named, npm_lifecycle_event: 'pretest' })).toMatchObject({ exitCode: 1 })
})

test('an unknown backend is refused by name', async () => {
  await fakeTemporal('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')
  const env = { PATH: `${join(clone.folder, 'bin')}:${process.env.PATH}`, MLX_EVOLVE_BACKEND: 'tpu' }
  const { exitCode, stderr } = await setUp(env)
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/MLX_EVOLVE_BACKEND is "tpu"[\s\S]*one of mac, cuda, cpu/)
})

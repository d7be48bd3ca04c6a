import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findPython } from '../../scripts/setup/find-python.ts'
import { SetupFailure } from '../../scripts/setup/step.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlx-evolve-python-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function fake(name: string, script: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

test('the newest name on PATH that works wins', async () => {
  await fake('python3.13', 'echo "shim: not installed" >&2; exit 127')
  await fake('python3.12', 'echo 3.12.4')
  await fake('python3', 'echo 3.11.0')
  expect(await findPython({ PATH: folder })).toEqual({ command: 'python3.12', version: '3.12.4' })
})

test('what is too old or lacks venv is named with its fault', async () => {
  await fake('python3.11', `echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1`)
  await fake('python3', 'echo 3.9.18')
  const failure = await findPython({ PATH: folder }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SetupFailure)
  expect(String(failure)).toContain(`tried: python3.11: ModuleNotFoundError: No module named 'ensurepip'`)
  expect(String(failure)).toContain('tried: python3: version 3.9.18, at least 3.11 is needed')
  expect(String(failure)).toContain('python3-venv')
})

test('MLX_EVOLVE_PYTHON is taken at its word: nothing else is tried', async () => {
  await fake('python3', 'echo 3.13.0')
  const own = await fake('own-python', 'echo 3.10.2')
  const failure = await findPython({ PATH: folder, MLX_EVOLVE_PYTHON: own }).catch((error: unknown) => error)
  expect(String(failure)).toContain(`tried: ${own}: version 3.10.2`)
  expect(String(failure)).not.toContain('python3:')
})

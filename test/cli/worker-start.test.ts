import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pythonPath } from '../../scripts/setup/paths.ts'
import { main } from '../support/cli.ts'
import { repoRoot } from '../support/engine.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const environment = () => ({ ...process.env, MLX_EVOLVE_HOME: path.join(folder, 'home'), NO_COLOR: '1' })

describe('an mlx worker does not begin without MLX', () => {
  const startWith = (python: string) =>
    spawnSync(process.execPath, [main, 'worker', 'mlx'], {
      env: { ...environment(), MLX_EVOLVE_PYTHON_BIN: python },
      cwd: repoRoot,
      encoding: 'utf8',
    })

  test('in its Python', () => {
    const python = path.join(folder, 'python')
    writeFileSync(python, `#!/bin/sh\nexec ${pythonPath()} -S "$@"\n`, { mode: 0o755 })
    const { status, stderr } = startWith(python)
    const words = `^mlx-evolve: ${python} could not import MLX: ModuleNotFoundError: [^\\n]*MLX_EVOLVE_PYTHON_BIN\n$`
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(words) })
  })

  test('where there is no Python', () => {
    const { status, stderr } = startWith(path.join(folder, 'none'))
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^mlx-evolve: \S+ could not import MLX: .*ENOENT.*\n$/),
    })
  })
})

/** Where the machine can show a folder in a state that root cannot write either. */
const canMount = spawnSync('bwrap', ['--dev-bind', '/', '/', '--size', '4096', '--tmpfs', '/mnt', 'true']).status === 0

describe.runIf(canMount)('a worker does not begin, and says why in a line', () => {
  const worker = (kind: string, mount: string[], before = 'true') => {
    const command = ['sh', '-c', `${before}; exec "$@"`, 'sh', process.execPath, main, 'worker', kind]
    const env = { ...environment(), MLX_EVOLVE_HOME: folder }
    return spawnSync('bwrap', ['--dev-bind', '/', '/', ...mount, ...command], { env, cwd: repoRoot, encoding: 'utf8' })
  }

  test.each(['mlx', 'orchestrator'])('%s on a read-only folder', (kind) => {
    const { status, stderr } = worker(kind, ['--ro-bind', folder, folder])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^mlx-evolve: the home folder \S+ cannot be written: EROFS: [^\n]*MLX_EVOLVE_HOME\n$/,
      ),
    })
    expect(stderr).toContain(folder)
  })

  test.each(['mlx', 'orchestrator'])('%s on a full disk', (kind) => {
    const fill = `cat /dev/zero > ${folder}/ballast 2> /dev/null`
    const { status, stderr } = worker(kind, ['--size', '65536', '--tmpfs', folder], fill)
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^mlx-evolve: the home folder \S+ cannot be written: ENOSPC: [^\n]*MLX_EVOLVE_HOME\n$/,
      ),
    })
  })
})

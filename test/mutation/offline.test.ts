import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOfflineMutator } from '../../activities/mutation/offline.ts'
import type { MutateInput } from '../../temporal/mutation.ts'
import { mutationResult } from '../../temporal/mutation.ts'
import type { Program } from '../../temporal/program.ts'
import { runConfig } from '../../temporal/run-config.ts'
import { python } from './python-path.ts'

const initialSource = '# EVOLVE-BLOCK-START\nX = 1.5\nY = 2.5\nZ = 3.5\n# EVOLVE-BLOCK-END\n'
const partnerSource = '# EVOLVE-BLOCK-START\nX = 7001\nY = 7002\nZ = 7003\n# EVOLVE-BLOCK-END\n'

function program(id: string, source: string): Program {
  const made = { source, hash: '0'.repeat(64), parents: [], change: '', mutator: 'given', features: {} }
  return { id, ...made, island: 0, generation: 0, score: 0, metrics: {}, artifacts: {}, speedup: null, calls: null }
}

function input(draw: string, changes: Partial<MutateInput> = {}): MutateInput {
  return {
    run: 'a-run',
    id: 'i0-g1-d0',
    draw,
    problem: { name: 'numbers', description: '' },
    parent: program('initial', initialSource),
    top: [],
    diverse: [],
    failures: [],
    initialSource,
    config: runConfig.parse({ problem: 'numbers' }).mutation,
    ...changes,
  }
}

describe('mutateOffline', () => {
  const { mutateOffline } = createOfflineMutator({ python })

  test('a draw gives a proposal, and the same draw the same one', async () => {
    const [first, second] = await Promise.all([mutateOffline(input('1/0/1/0')), mutateOffline(input('1/0/1/0'))])
    expect(second).toEqual(first)
    const result = mutationResult.parse(first)
    if (result.outcome !== 'proposed') throw new Error(result.reason)
    expect(result.usage).toBeNull()
    expect(result.proposal).toMatchObject({ id: 'i0-g1-d0', parents: ['initial'], mutator: 'offline' })
    expect(result.proposal.source).not.toBe(initialSource)
    expect(result.proposal.change).toMatch(/\(line.* \d+\)$/)
    expect(result.proposal.features.diversity).toBeGreaterThan(0)
  })

  test('crossover names both parents, and a program shown twice is one parent', async () => {
    const partner = program('i0-g0-d1', partnerSource)
    const twice = { top: [program('initial', initialSource), partner], diverse: [partner] }
    const draws = Array.from({ length: 12 }, (_, number) => mutateOffline(input(`1/0/${number}/0`, twice)))
    const proposals = (await Promise.all(draws)).flatMap((r) => (r.outcome === 'proposed' ? [r.proposal] : []))
    expect(proposals).toHaveLength(12)
    const crossed = proposals.filter((made) => made.change.includes('crossover'))
    expect(crossed.length).toBeGreaterThan(0)
    for (const made of proposals) {
      expect(made.parents).toEqual(crossed.includes(made) ? ['initial', 'i0-g0-d1'] : ['initial'])
      expect(/700[123]/.test(made.source)).toBe(crossed.includes(made))
    }
  })

  test('a parent that offers nothing is a verdict', async () => {
    const parent = program('initial', '# EVOLVE-BLOCK-START\npass\n# EVOLVE-BLOCK-END\n')
    expect(await mutateOffline(input('1/0/1/0', { parent }))).toEqual({
      outcome: 'unusable',
      reason: 'no operator applies: the evolve blocks hold no code that could be changed',
      reply: '',
      usage: null,
    })
  })

  test('a child beyond the length limit is a verdict', async () => {
    const config = { ...input('').config, maxProgramLength: 10 }
    const result = await mutateOffline(input('1/0/1/0', { config }))
    expect(result).toMatchObject({ outcome: 'unusable', reason: expect.stringMatching(/at most 10 are allowed$/) })
  })
})

describe('when Python is not what it should be', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offline-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A program in Python's place. */
  async function impostor(name: string, script: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
    return path
  }

  test('missing: non-retryable, with the path', async () => {
    const { mutateOffline } = createOfflineMutator({ python: join(folder, 'no-python') })
    await expect(mutateOffline(input('1'))).rejects.toMatchObject({
      type: 'PythonMissing',
      nonRetryable: true,
      message: expect.stringContaining(`no Python at ${join(folder, 'no-python')}`),
    })
  })

  test('failing: non-retryable, with what it said', async () => {
    const path = await impostor('failing', 'cat > /dev/null; echo "no module named ast" >&2; exit 1')
    await expect(createOfflineMutator({ python: path }).mutateOffline(input('1'))).rejects.toMatchObject({
      type: 'OfflineMutatorFailed',
      nonRetryable: true,
      message: 'offline mutator: exit code 1: no module named ast',
    })
  })

  test.each([
    ['no JSON', 'cat > /dev/null; echo hello'],
    ['other JSON', `cat > /dev/null; echo '{"outcome":"proposed"}'`],
  ])('answering with %s: non-retryable', async (name, script) => {
    const path = await impostor(name.replace(' ', '-'), script)
    await expect(createOfflineMutator({ python: path }).mutateOffline(input('1'))).rejects.toMatchObject({
      type: 'OfflineMutatorFailed',
      nonRetryable: true,
      message: expect.stringContaining('unexpected answer'),
    })
  })

  test('killed: retryable', async () => {
    const path = await impostor('killed', 'kill -9 $$')
    await expect(createOfflineMutator({ python: path }).mutateOffline(input('1'))).rejects.toMatchObject({
      type: 'PythonKilled',
      nonRetryable: false,
      message: expect.stringContaining('was killed (SIGKILL)'),
    })
  })

  test('secrets do not reach it', async () => {
    const path = await impostor('environment', 'cat > /dev/null; env >&2; exit 1')
    process.env.OPENAI_API_KEY = 'sk-secret-of-the-test'
    try {
      const failure = createOfflineMutator({ python: path }).mutateOffline(input('1'))
      await expect(failure).rejects.toMatchObject({
        message: expect.not.stringMatching(/sk-secret|OPENAI/),
      })
      await expect(failure).rejects.toMatchObject({ message: expect.stringContaining('PATH=') })
    } finally {
      delete process.env.OPENAI_API_KEY
    }
  })
})

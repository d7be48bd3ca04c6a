import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { createProblemCache } from '../../activities/evaluation/problem-cache.ts'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import { problemConfig } from '../../temporal/problem.ts'
import { temporaryFolder } from './fixture.ts'

const snapshot = (files: Record<string, string>, hash = 'ab'.repeat(32)): ProblemSnapshot => ({
  name: 'tiny',
  hash,
  config: problemConfig.parse({}),
  files,
})
const files = { 'evaluator.py': 'x = 1\n', 'data/values.txt': 'ä' }

const cacheOf = async (problem: ProblemSnapshot) => {
  const folder = await temporaryFolder()
  const asked: string[] = []
  const open = () =>
    createProblemCache(folder, async (id) => {
      asked.push(id)
      return problem
    })
  return { folder, asked, open, get: open() }
}

describe('a cached problem', () => {
  test('is fetched once, by this worker and the ones after it', async () => {
    const problem = snapshot(files)
    const { asked, open, get } = await cacheOf(problem)
    const first = await get(problem.hash, 'demo')
    await get(problem.hash, 'other')
    const later = await open()(problem.hash, 'later')
    expect(asked).toEqual(['demo'])
    expect(later).toEqual(first)
    expect(readFileSync(path.join(first.folder, 'data/values.txt'), 'utf8')).toBe('ä')
  })

  test.each([
    ['changed', (folder: string) => writeFile(path.join(folder, 'evaluator.py'), 'x = 2\n')],
    ['added', (folder: string) => writeFile(path.join(folder, 'data', 'stray.py'), '')],
    ['removed', (folder: string) => rm(path.join(folder, 'data'), { recursive: true })],
    ['removed altogether', (folder: string) => rm(path.dirname(folder), { recursive: true })],
    ['torn', (folder: string) => writeFile(path.join(folder, '..', 'snapshot.json'), '{"na')],
  ])('is mended when files of it were %s', async (_, damage) => {
    const problem = snapshot(files)
    const { get, folder, open } = await cacheOf(problem)
    const cached = await get(problem.hash, 'demo')
    await damage(cached.folder)
    for (const again of [get, open()]) {
      await again(problem.hash, 'demo')
      expect(readFileSync(path.join(cached.folder, 'evaluator.py'), 'utf8')).toBe('x = 1\n')
      expect(readdirSync(path.join(cached.folder, 'data'))).toEqual(['values.txt'])
    }
    expect(readdirSync(path.join(folder, 'problems'))).toEqual([problem.hash])
  })

  test('is complete for everyone when workers write it at once', async () => {
    const problem = snapshot(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}.txt`, `${n}`])))
    const { open } = await cacheOf(problem)
    const all = await Promise.all(Array.from({ length: 6 }, () => open()(problem.hash, 'demo')))
    for (const { folder } of all) expect(readdirSync(folder)).toHaveLength(30)
  })

  test('never writes outside its folder', async () => {
    for (const name of ['../evil.py', '/evil.py', 'a/../../evil.py', '.']) {
      const problem = snapshot({ [name]: '' })
      const { get, folder } = await cacheOf(problem)
      await expect(get(problem.hash, 'demo')).rejects.toMatchObject({ type: 'InvalidProblem', nonRetryable: true })
      expect(existsSync(path.join(folder, 'problems', 'evil.py'))).toBe(false)
    }
  })

  test('must be the one that was asked for', async () => {
    const { get } = await cacheOf(snapshot(files))
    await expect(get('cd'.repeat(32), 'demo')).rejects.toThrow(/demo carries problem abab.*needs cdcd/)
  })
})

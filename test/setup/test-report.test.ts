import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatTotals, readPytestReport, readVitestReport } from '../../scripts/test-report.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlx-evolve-report-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function report(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

test('both suites are summed', async () => {
  const vitest = await report('v.json', JSON.stringify({ numPassedTests: 7, numFailedTests: 2, numTotalTests: 9 }))
  const pytest = await report(
    'p.xml',
    '<?xml version="1.0"?><testsuites name="x"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="20" time="1">',
  )
  const suites = [readVitestReport(vitest, 1), readPytestReport(pytest, 1)]
  expect(suites).toEqual([
    { passed: 7, failed: 2 },
    { passed: 14, failed: 3 },
  ])
  expect(formatTotals(suites)).toBe('21 passed, 5 failed')
})

test('a suite that could not run, or broke outside its tests, counts as a failure', async () => {
  const vitest = await report('w.json', JSON.stringify({ numPassedTests: 7, numFailedTests: 0 }))
  expect(readVitestReport(vitest, 0)).toEqual({ passed: 7, failed: 0 })
  expect(readVitestReport(vitest, 1)).toEqual({ passed: 7, failed: 1 })
  expect(readVitestReport(join(folder, 'absent.json'), 1)).toEqual({ passed: 0, failed: 1 })
  expect(readPytestReport(join(folder, 'absent.xml'), 1)).toEqual({ passed: 0, failed: 1 })
})

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

export interface SuiteTotals {
  passed: number
  failed: number
}

const vitestReport = z.object({ numPassedTests: z.number(), numFailedTests: z.number() })

/** Totals from vitest's JSON report. */
export function readVitestReport(file: string, exitCode: number): SuiteTotals {
  if (!existsSync(file)) return broken('vitest', exitCode, { passed: 0, failed: 0 })
  const { numPassedTests, numFailedTests } = vitestReport.parse(JSON.parse(readFileSync(file, 'utf8')))
  return broken('vitest', exitCode, { passed: numPassedTests, failed: numFailedTests })
}

/** Totals from pytest's JUnit report; an error outside a test counts as a failure. */
export function readPytestReport(file: string, exitCode: number): SuiteTotals {
  const suite = existsSync(file) ? /<testsuite\b[^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] : undefined
  if (suite === undefined) return broken('pytest', exitCode, { passed: 0, failed: 0 })
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  return broken('pytest', exitCode, { passed: count('tests') - failed - count('skipped'), failed })
}

/** A suite that ends badly though no test failed (it could not start, or threw outside a test) failed once. */
function broken(name: string, exitCode: number, totals: SuiteTotals): SuiteTotals {
  if (exitCode === 0 || totals.failed > 0) return totals
  console.error(`${name} ended with exit code ${exitCode} although none of its tests failed`)
  return { ...totals, failed: 1 }
}

/** The closing line of a test run. */
export function formatTotals(suites: SuiteTotals[]): string {
  const sum = (key: keyof SuiteTotals) => suites.reduce((total, suite) => total + suite[key], 0)
  return `${sum('passed')} passed, ${sum('failed')} failed`
}

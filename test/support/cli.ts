import { expect } from 'vitest'

export { cli, main } from './workers.ts'

export type CliResult = { stdout: string; stderr: string; exitCode?: number | undefined }

/** The one JSON object that `--json` promises; fails where stdout holds anything else. */
export const onlyJson = ({ stdout, stderr }: CliResult): Record<string, unknown> => {
  expect(stdout.split('\n'), stderr).toHaveLength(1)
  return JSON.parse(stdout)
}

/** Expects a refusal: this exit code, nothing on stdout, and one line on stderr that matches all patterns. */
export const expectRefusal = (result: CliResult, exitCode: 1 | 2, patterns: (string | RegExp)[]): void => {
  const { stdout, stderr } = result
  expect(stderr.split('\n'), stderr).toHaveLength(1)
  for (const pattern of ['mlx-evolve: ', ...patterns]) expect(stderr).toMatch(pattern)
  expect({ stdout, exitCode: result.exitCode }).toEqual({ stdout: '', exitCode })
}

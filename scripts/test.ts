// Every test, TypeScript and Python: both suites run whatever the other says, and one line sums them up.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { pythonPath, root } from './setup/paths.ts'
import { formatTotals, readPytestReport, readVitestReport, type SuiteTotals } from './test-report.ts'

const folder = await mkdtemp(join(tmpdir(), 'mlx-evolve-test-'))
try {
  const vitestReport = join(folder, 'vitest.json')
  // By this very Node: the launcher in .bin would take whichever comes first on PATH.
  const vitest = await run(process.execPath, [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${vitestReport}`,
  ])
  const pytestReport = join(folder, 'pytest.xml')
  // Two at a time: most of a test is processes that start, and wait for each other.
  const pytest = await run(pythonPath(), ['-m', 'pytest', '-n2', '--dist=worksteal', `--junit-xml=${pytestReport}`])
  const suites: SuiteTotals[] = [readVitestReport(vitestReport, vitest), readPytestReport(pytestReport, pytest)]
  console.log(formatTotals(suites))
  process.exitCode = suites.every((suite) => suite.failed === 0) ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Exit code of a suite that prints as it goes; a signal counts as 1. */
async function run(program: string, args: string[]): Promise<number> {
  const { exitCode = 1 } = await execa(program, args, { cwd: root, stdio: 'inherit', reject: false })
  return exitCode
}

// Every test, TypeScript and Python: both suites run whatever the other says, and one line sums them up. They run side
// by side, since the TypeScript one mostly waits for processes; what the Python one prints comes when it is over.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { pythonPath, root } from './setup/paths.ts'
import { formatTotals, readPytestReport, readVitestReport, type SuiteTotals } from './test-report.ts'

const folder = await mkdtemp(join(tmpdir(), 'mlx-evolve-test-'))
try {
  const vitestReport = join(folder, 'vitest.json')
  const pytestReport = join(folder, 'pytest.xml')
  const [vitest, pytest] = await Promise.all([
    // By this very Node: the launcher in .bin would take whichever comes first on PATH.
    run(process.execPath, [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${vitestReport}`,
    ]),
    run(pythonPath(), ['-m', 'pytest', '-q', `--junit-xml=${pytestReport}`], 'afterwards'),
  ])
  const suites: SuiteTotals[] = [readVitestReport(vitestReport, vitest), readPytestReport(pytestReport, pytest)]
  console.log(formatTotals(suites))
  process.exitCode = suites.every((suite) => suite.failed === 0) ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Exit code of a suite, which prints as it goes, or all at once afterwards; a signal counts as 1. */
async function run(
  program: string,
  args: string[],
  prints: 'as it goes' | 'afterwards' = 'as it goes',
): Promise<number> {
  const output = prints === 'afterwards' ? 'pipe' : 'inherit'
  const { exitCode = 1, all } = await execa(program, args, {
    ...{ cwd: root, stdin: 'inherit', stdout: output, stderr: output, all: true, reject: false },
  })
  if (all) console.log(all)
  return exitCode
}

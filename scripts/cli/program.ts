import { Command, CommanderError } from 'commander'
import { addCalibrate } from './commands/calibrate.ts'
import { addCodecServer } from './commands/codec-server.ts'
import { addControl } from './commands/control.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvaluate } from './commands/evaluate.ts'
import { addExport } from './commands/export.ts'
import { addFork } from './commands/fork.ts'
import { addKeys } from './commands/keys.ts'
import { addResume } from './commands/resume.ts'
import { addRun } from './commands/run.ts'
import { addServer } from './commands/server.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addWorker } from './commands/worker.ts'
import { reasonOf, UsageError } from './failure.ts'
import { complain } from './output.ts'

const program = new Command('mlx-evolve')
  .description('Makes MLX training steps faster by evolution, as durable Temporal workflows')
  .configureOutput({
    outputError: (text) =>
      complain(
        `${text
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')} (--help shows the usage)`,
      ),
  })
  .exitOverride()

for (const add of [
  addStart,
  addRun,
  addResume,
  addFork,
  addStatus,
  addControl,
  addEvaluate,
  addCalibrate,
  addExport,
  addWorker,
  addServer,
  addCodecServer,
  addKeys,
  addDoctor,
]) {
  add(program)
}

/** Exit codes: 0 done, 1 failed, 2 bad usage. */
const exitCodeFor = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  complain(reasonOf(error))
  if (process.env.MLX_EVOLVE_LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return error instanceof UsageError ? 2 : 1
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeFor(error)
}

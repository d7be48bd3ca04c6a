import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { machineFacts } from '../../../activities/evaluation/environment.ts'
import { defaultLockFile, evaluateOnce } from '../../../activities/evaluation/evaluate.ts'
import { createProblemCache } from '../../../activities/evaluation/problem-cache.ts'
import { checkProgram } from '../../../activities/mutation/evolve-block.ts'
import { loadProblem } from '../../../activities/run/load-problem.ts'
import type { Evaluation } from '../../../temporal/evaluation.ts'
import { homeFolder } from '../../../temporal/home.ts'
import { runConfig } from '../../../temporal/run-config.ts'
import { mergeSettings } from '../../../temporal/settings.ts'
import { problemRoots, repoRoot } from '../../../workers/folders.ts'
import { pythonPath } from '../../setup/paths.ts'
import { UsageError } from '../failure.ts'
import { wholeNumber } from '../options.ts'
import { printJson } from '../output.ts'
import { showSpeedup } from '../progress.ts'

/** The documented JSON form of an evaluation, for `--json`. */
export const evaluationJson = (evaluation: Evaluation) => {
  const { verdict, stage, reason, seconds, environment, artifacts } = evaluation
  const scored = evaluation.verdict === 'scored' ? evaluation : null
  return {
    verdict,
    stage,
    reason,
    score: scored?.score ?? null,
    speedup: scored?.speedup ?? { eager: null, compiled: null },
    calls: scored?.calls ?? {},
    metrics: scored?.metrics ?? {},
    seconds,
    environment,
    artifacts,
  }
}

const showEvaluation = (evaluation: Evaluation): string => {
  if (evaluation.verdict !== 'scored') return `${evaluation.verdict} at ${evaluation.stage}: ${evaluation.reason}`
  const calls = Object.entries(evaluation.calls ?? {})
  return [
    `scored ${evaluation.score.toPrecision(6)} in ${evaluation.seconds.toFixed(1)} s`,
    ...(evaluation.speedup
      ? [
          `  over stock eager MLX     ${showSpeedup(evaluation.speedup.eager)}`,
          `  over stock compiled MLX  ${showSpeedup(evaluation.speedup.compiled)}`,
        ]
      : []),
    ...calls.map(([seam, { forward, backward }]) => `  ${seam} called ${forward} times forward, ${backward} backward`),
  ].join('\n')
}

interface EvaluateOptions {
  problem: string
  seed: number
  json: boolean
}

const readSource = async (file: string): Promise<string> => {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file}: cannot be read (${error.code})`)
  })
  const reason = checkProgram(source)
  if (reason !== null) throw new UsageError(`${file}: ${reason}`)
  return source
}

const evaluateFile = async (file: string, { problem: name, seed, json }: EvaluateOptions): Promise<void> => {
  const source = await readSource(file)
  const problem = await loadProblem(name, problemRoots())
  const config = runConfig.parse(mergeSettings(problem.config.run, { problem: name }))
  const cacheFolder = await mkdtemp(path.join(os.tmpdir(), 'mlx-evolve-'))
  try {
    const { folder } = await createProblemCache(cacheFolder, async () => problem)(problem.hash, '')
    const machine = {
      python: pythonPath(),
      lockFile: defaultLockFile(),
      cacheFolder: path.join(homeFolder(), 'mlx'),
      repoRoot,
      environment: await machineFacts(),
    }
    const { timeoutSeconds, options } = config.evaluation
    const job = { source, seed, timeoutSeconds, options, problemFolder: folder, evaluator: problem.config.evaluator }
    const evaluation = await evaluateOnce(
      machine,
      { ...job, compiledAbove: 0, purpose: 'screening' },
      {
        onPhase: (phase) => process.stderr.write(`${phase}\n`),
      },
    )
    if (json) printJson(evaluationJson(evaluation))
    else console.log(showEvaluation(evaluation))
    process.exitCode = evaluation.verdict === 'scored' ? 0 : 1
  } finally {
    await rm(cacheFolder, { recursive: true, force: true })
  }
}

/** `evaluate <program>`: one evaluation on this machine, without server or workers. */
export const addEvaluate = (program: Command): void => {
  program
    .command('evaluate <program>')
    .description('evaluate one program on this machine, without a server')
    .option('--problem <name>', 'name of a problem, or path to its folder', 'mlx_training')
    .option('--seed <n>', 'seed of the data', wholeNumber(0), 1)
    .option('--json', 'end stdout with one JSON object', false)
    .action(evaluateFile)
}

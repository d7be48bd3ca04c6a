import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { machineFacts } from '../../../activities/evaluation/environment.ts'
import { defaultLockFile, evaluateOnce } from '../../../activities/evaluation/evaluate.ts'
import { createProblemCache } from '../../../activities/evaluation/problem-cache.ts'
import { loadProblem } from '../../../activities/run/load-problem.ts'
import type { Evaluation } from '../../../temporal/evaluation.ts'
import { homeFolder } from '../../../temporal/home.ts'
import type { ProblemSnapshot } from '../../../temporal/problem.ts'
import { runConfig } from '../../../temporal/run-config.ts'
import { mergeSettings } from '../../../temporal/settings.ts'
import { problemRoots, repoRoot } from '../../../workers/folders.ts'
import { pythonPath } from '../../setup/paths.ts'
import { programProblem } from '../given-program.ts'
import { addJsonOption, wholeNumber } from '../options.ts'
import { complain, printJson } from '../output.ts'
import { readText } from '../read-text.ts'
import { evaluationJson, showDetails, showScored } from '../show-evaluation.ts'

interface EvaluateOptions {
  problem: string
  seed: number
  json: boolean
}

const evaluateSource = async (source: string, problem: ProblemSnapshot, seed: number): Promise<Evaluation> => {
  const config = runConfig.parse(mergeSettings(problem.config.run, { problem: problem.name }))
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
    // Phases are for somebody who waits in front of a terminal.
    const watch = process.stderr.isTTY ? { onPhase: (phase: string) => process.stderr.write(`${phase}\n`) } : {}
    return await evaluateOnce(machine, { ...job, compiledAbove: 0, purpose: 'screening' }, watch)
  } finally {
    await rm(cacheFolder, { recursive: true, force: true })
  }
}

const noProgram = (reason: string): Evaluation => ({
  verdict: 'failed',
  stage: 'load',
  reason,
  seconds: 0,
  startedAt: Date.now(),
  artifacts: {},
  environment: {},
})

const evaluateFile = async (file: string, { problem: name, seed, json }: EvaluateOptions): Promise<void> => {
  const source = readText(file)
  const problem = await loadProblem(name, problemRoots())
  const reason = await programProblem(source)
  const evaluation = reason === null ? await evaluateSource(source, problem, seed) : noProgram(reason)
  if (evaluation.verdict === 'scored') {
    if (!json) console.log(showScored(evaluation))
  } else {
    if (!json) process.stdout.write(showDetails(evaluation))
    complain(`${file}: ${evaluation.verdict} at stage ${evaluation.stage}: ${evaluation.reason}`)
    process.exitCode = 1
  }
  if (json) printJson(evaluationJson(evaluation))
}

/** `evaluate <program>`: one evaluation on this machine, without server or workers. */
export const addEvaluate = (program: Command): void => {
  addJsonOption(program.command('evaluate <program>'))
    .description('evaluate one program on this machine, without a server')
    .option('--problem <name>', 'name of a problem, or path to its folder', 'mlx_training')
    .option('--seed <n>', 'seed of the data', wholeNumber(0), 1)
    .action(evaluateFile)
}

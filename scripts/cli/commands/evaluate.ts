import type { Command } from 'commander'
import { loadProblem } from '../../../activities/run/load-problem.ts'
import type { Evaluation } from '../../../temporal/evaluation.ts'
import { problemRoots } from '../../../workers/folders.ts'
import { evaluateHere } from '../../evaluate-here.ts'
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
  // Phases are for somebody who waits in front of a terminal.
  const watch = process.stderr.isTTY ? { onPhase: (phase: string) => process.stderr.write(`${phase}\n`) } : {}
  const evaluation =
    reason === null ? await evaluateHere(source, problem, { seed, purpose: 'screening', ...watch }) : noProgram(reason)
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

import { type Command, Option } from 'commander'
import { loadProblem } from '../../../activities/run/load-problem.ts'
import type { Evaluation, Purpose } from '../../../temporal/evaluation.ts'
import type { ProblemSnapshot } from '../../../temporal/problem.ts'
import { problemRoots } from '../../../workers/folders.ts'
import { evaluateHere } from '../../evaluate-here.ts'
import { UsageError } from '../failure.ts'
import { programProblem } from '../given-program.ts'
import { addJsonOption, wholeNumber } from '../options.ts'
import { complain, printJson } from '../output.ts'
import { readText } from '../read-text.ts'
import { evaluationJson, showDetails, showScored } from '../show-evaluation.ts'

interface EvaluateOptions {
  problem: string
  seed: number
  purpose: Purpose
  preset?: string
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

/** Only the training harness knows sizes and confirmations. */
const checkTimed = ({ name, config }: ProblemSnapshot, { preset, purpose }: EvaluateOptions): void => {
  if (config.evaluator === 'training') return
  const option = preset !== undefined ? '--preset' : purpose === 'confirmation' ? '--purpose confirmation' : null
  if (option !== null) throw new UsageError(`${option}: problem ${name} has an evaluator of its own; expected none`)
}

const evaluateFile = async (file: string, given: EvaluateOptions): Promise<void> => {
  const { problem: name, seed, purpose, preset, json } = given
  const source = readText(file)
  const problem = await loadProblem(name, problemRoots())
  checkTimed(problem, given)
  const reason = await programProblem(source)
  // Phases are for somebody who waits in front of a terminal.
  const watch = process.stderr.isTTY ? { onPhase: (phase: string) => process.stderr.write(`${phase}\n`) } : {}
  const asked = { seed, purpose, options: preset === undefined ? {} : { preset }, ...watch }
  const evaluation = reason === null ? await evaluateHere(source, problem, asked) : noProgram(reason)
  if (evaluation.verdict === 'scored') {
    if (!json) console.log(showScored(evaluation, purpose))
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
    .option('--preset <name>', "size of the training workload, e.g. seed (default: the problem's)")
    .addOption(
      new Option('--purpose <purpose>', 'confirmation: fresh processes and a longer look, for figures to report')
        .choices(['screening', 'confirmation'])
        .default('screening'),
    )
    .action(evaluateFile)
}

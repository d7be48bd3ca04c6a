/**
 * Does the device wait? A model that takes its time, evaluations that sleep, and how much of the wall time from the first
 * evaluation's start to the last one's end the evaluators themselves had. Prints a Markdown table.
 *
 *     npx node scripts/benchmarks/engine/utilisation.ts [--evaluations 400]
 *
 * About a second an evaluation.
 */
import path from 'node:path'
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { startRun } from '../../cli/start-run.ts'
import { closing, startBed, startModel, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { readIntervals, type Use, useOf } from './intervals.ts'

const evaluationSeconds = 0.5

const { evaluations } = new Command()
  .option('--evaluations <n>', 'evaluations of a run', Number, 400)
  .parse()
  .opts<{ evaluations: number }>()

const { later, close } = closing()

interface Row {
  engine: string
  modelSeconds: number
  use: Use
}

const row = ({ engine, modelSeconds, use }: Row): string =>
  `| ${engine} | ${modelSeconds} s | ${use.evaluations} | ${(100 * use.busy).toFixed(1)} % | ${use.overlapping} | ${use.seconds.toFixed(0)} s |`

const ours = async (modelSeconds: number, islands: number): Promise<void> => {
  const model = await startModel(1000 * modelSeconds)
  later(model.stop)
  // Several continue-as-news within one run of the bench.
  const bed = await startBed({ 'limit.historyCount.suggestContinueAsNew': 1000 })
  later(bed.close)
  const log = path.join(bed.home, 'evaluations.jsonl')
  const problem = await writeProblem(path.join(bed.home, 'problem'), evaluationSeconds, log)
  const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
  later(orchestrator.stop)
  const mlx = await startWorker('mlx')
  later(mlx.stop)
  const input = { problem, islands, iterations: Math.ceil(evaluations * 1.1), mutation: { mutator: 'model' as const } }
  await startRun(bed.client, 'run', input)
  const first = (await bed.client.workflow.getHandle('run').describe()).runId
  const status = (await bed.client.workflow.getHandle('run').result()) as RunStatus
  const last = (await bed.client.workflow.getHandle('run').describe()).runId
  const engine = `mlx-evolve, ${islands} islands${first === last ? '' : ', continued as new'}`
  // Without the initial program's: nothing else can be evaluated before it.
  console.log(row({ engine, modelSeconds, use: useOf(readIntervals(log).slice(1)) }))
  if (status.phase !== 'completed') throw new Error(`the run is ${status.phase}: ${status.reason}`)
  await close()
}

try {
  console.log('| engine | model call | evaluations | device busy | overlapping evaluations | time |')
  console.log('|---|---|---|---|---|---|')
  await ours(0.5, 4)
  await ours(2, 8)
} finally {
  await close()
}

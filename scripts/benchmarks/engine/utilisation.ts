/**
 * Does the device wait? A model that takes its time, evaluations that sleep, and how much of the wall time from the first
 * evaluation's start to the last one's end the evaluators themselves had; beside OpenEvolve on the same stub and the same
 * problem, with one worker, with four, and with four whose evaluator locks the device. Prints a Markdown table.
 *
 *     npx node scripts/benchmarks/engine/utilisation.ts [--evaluations 400] [--peer-evaluations 60] [--islands 8]
 *
 * About a second an evaluation.
 */
import path from 'node:path'
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { startRun } from '../../cli/start-run.ts'
import { openEvolveVersion } from '../peers/openevolve.ts'
import { closing, startBed, startModel, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { readIntervals, type Use, useOf } from './intervals.ts'
import { runOpenEvolve } from './openevolve.ts'

const evaluationSeconds = 0.5
/** Islands for each time, in seconds, that a model call takes. */
const settings = [
  { modelSeconds: 0.5, islands: 4 },
  { modelSeconds: 2, islands: 8 },
]
const peers = [
  { workers: 1, locked: false },
  { workers: 4, locked: false },
  { workers: 4, locked: true },
]

const {
  evaluations,
  peerEvaluations,
  islands: only,
} = new Command()
  .option('--evaluations <n>', 'evaluations of a run; it continues as new after about 350', Number, 400)
  .option('--islands <n>', 'only the runs of the setting with so many islands', Number)
  .option('--peer-evaluations <n>', 'evaluations of a run of OpenEvolve; 0 leaves it out', Number, 60)
  .parse()
  .opts<{ evaluations: number; peerEvaluations: number; islands?: number }>()

const { later, close } = closing()

const show = (engine: string, modelSeconds: number, use: Use): void => {
  const busy = `${(100 * use.busy).toFixed(1)} %`
  const cells = [engine, `${modelSeconds} s`, use.evaluations, busy, use.overlapping, `${use.seconds.toFixed(0)} s`]
  console.log(`| ${cells.join(' | ')} |`)
}

const ours = async (modelSeconds: number, islands: number): Promise<void> => {
  const model = await startModel(1000 * modelSeconds)
  later(model.stop)
  const bed = await startBed()
  later(bed.close)
  const log = path.join(bed.home, 'evaluations.jsonl')
  const problem = await writeProblem(path.join(bed.home, 'problem'), { seconds: evaluationSeconds, log, lock: '' })
  const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
  later(orchestrator.stop)
  const mlx = await startWorker('mlx')
  later(mlx.stop)
  // Some draws bring a program that was evaluated before.
  const iterations = Math.ceil(evaluations * 1.15)
  await startRun(bed.client, 'run', { problem, islands, iterations, mutation: { mutator: 'model' } })
  const first = (await bed.client.workflow.getHandle('run').describe()).runId
  const status = (await bed.client.workflow.getHandle('run').result()) as RunStatus
  const last = (await bed.client.workflow.getHandle('run').describe()).runId
  // Without the initial program's: nothing else can be evaluated before it.
  const use = useOf(readIntervals(log).slice(1))
  show(`mlx-evolve, ${islands} islands${first === last ? '' : ', continued as new'}`, modelSeconds, use)
  if (status.phase !== 'completed') throw new Error(`the run is ${status.phase}: ${status.reason}`)
  await close()
}

const theirs = async (modelSeconds: number, { workers, locked }: (typeof peers)[number]): Promise<void> => {
  const model = await startModel(1000 * modelSeconds)
  later(model.stop)
  const run = { modelUrl: model.url, iterations: peerEvaluations, workers, evaluationSeconds, locked }
  const use = useOf(await runOpenEvolve(run, later))
  const name = `OpenEvolve ${openEvolveVersion()}, ${workers} worker${workers > 1 ? 's' : ''}`
  show(`${name}${locked ? ', the evaluator locks' : ''}`, modelSeconds, use)
  await close()
}

try {
  console.log('| engine | model call | evaluations | device busy | overlapping evaluations | time |')
  console.log('|---|---|---|---|---|---|')
  for (const { modelSeconds, islands } of settings.filter(({ islands }) => only === undefined || only === islands)) {
    await ours(modelSeconds, islands)
    if (peerEvaluations > 0) for (const peer of peers) await theirs(modelSeconds, peer)
  }
} finally {
  await close()
}

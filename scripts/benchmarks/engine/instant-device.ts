/**
 * A device that takes no time, for benches of the engine: polls the queue `mlx` and scores a program's constants at once.
 *
 *     npx node scripts/benchmarks/engine/instant-device.ts
 */
import { Worker } from '@temporalio/worker'
import { dataConverter } from '../../../temporal/data-converter.ts'
import type { EvaluateInput, Evaluation } from '../../../temporal/evaluation.ts'
import { mlxQueue } from '../../../temporal/names.ts'
import { connectWorker } from '../../../temporal/worker-connection.ts'

const evaluate = async ({ source }: EvaluateInput): Promise<Evaluation> => {
  const constants = [...source.matchAll(/^[U-Z] = (\S+)/gm)].map(([, value]) => Number(value))
  const score = 1 / (1 + constants.reduce((sum, value) => sum + (value - 1) ** 2, 0))
  return {
    ...{ verdict: 'scored', stage: 'complete', reason: '', score, metrics: { score }, speedup: null, calls: null },
    ...{ confirmed: false, seconds: 0, startedAt: Date.now(), artifacts: {}, environment: {} },
  }
}

const connection = await connectWorker()
const worker = await Worker.create({
  connection,
  taskQueue: mlxQueue,
  dataConverter: dataConverter(),
  activities: { evaluate },
  // One and the next, as on a real device.
  maxConcurrentActivityTaskExecutions: 2,
})
process.once('SIGTERM', () => worker.shutdown())
const running = worker.run()
console.log('instant device polls')
await running
await connection.close()

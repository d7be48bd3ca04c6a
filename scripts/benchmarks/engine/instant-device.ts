/**
 * A device that takes no time, for benches of the engine: polls the queue `mlx`, scores a program's constants at once, and
 * logs every hundredth evaluation with the CPU time and the memory that the processes named by id have used by then.
 *
 *     npx node scripts/benchmarks/engine/instant-device.ts LOG [name=pid]...
 */
import { appendFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { dataConverter } from '../../../temporal/data-converter.ts'
import type { EvaluateInput, Evaluation } from '../../../temporal/evaluation.ts'
import { mlxQueue } from '../../../temporal/names.ts'
import { connectWorker } from '../../../temporal/worker-connection.ts'
import type { Milestone } from './milestones.ts'
import { cpuSeconds, residentMegabytes } from './process-use.ts'

const every = 100
const [log = '', ...named] = process.argv.slice(2)
const processes = named.map((argument): [string, number] => {
  const [name = '', pid] = argument.split('=')
  return [name, Number(pid)]
})
processes.push(['device', process.pid])

let evaluated = 0

const record = (): void => {
  const cpu = Object.fromEntries(processes.map(([name, pid]) => [name, cpuSeconds(pid)]))
  const memory = Object.fromEntries(processes.map(([name, pid]) => [name, residentMegabytes(pid)]))
  const milestone: Milestone = { evaluated, at: Date.now() / 1000, cpu, memory }
  appendFileSync(log, `${JSON.stringify(milestone)}\n`)
}

const evaluate = async ({ source }: EvaluateInput): Promise<Evaluation> => {
  const constants = [...source.matchAll(/^[U-Z] = (\S+)/gm)].map(([, value]) => Number(value))
  const score = 1 / (1 + constants.reduce((sum, value) => sum + (value - 1) ** 2, 0))
  evaluated += 1
  if (evaluated % every === 0) record()
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

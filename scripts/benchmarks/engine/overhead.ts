/**
 * What does the engine itself cost a candidate, and does that grow with the run? A model and a device that take no time, the
 * embedded server's own database settings, a population of 1,000; beside OpenEvolve on the same stub. Prints Markdown tables.
 * Linux only: CPU time is read from /proc.
 *
 *     npx node scripts/benchmarks/engine/overhead.ts [--iterations 2500] [--no-openevolve]
 *
 * About 12 minutes.
 */
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { startRun } from '../../cli/start-run.ts'
import { closing, startBed, startCompanion, startModel, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { readIntervals } from './intervals.ts'
import { type Cost, costBetween, readMilestones } from './milestones.ts'
import { installOpenEvolve, openEvolveVersion, runOpenEvolve } from './openevolve.ts'

const { iterations, openevolve } = new Command()
  .option('--iterations <n>', 'candidates of a run', Number, 2500)
  .option('--no-openevolve', 'mlx-evolve alone')
  .parse()
  .opts<{ iterations: number; openevolve: boolean }>()

const { later, close } = closing()
const ms = (value: number): string => value.toFixed(1)

const ours = async (candidatesPerGeneration: number): Promise<(from: number, to: number) => Cost> => {
  const model = await startModel(0)
  later(model.stop)
  const bed = await startBed()
  later(bed.close)
  const problem = await writeProblem(path.join(bed.home, 'problem'), 0, '')
  const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
  later(orchestrator.stop)
  const log = path.join(bed.home, 'milestones.jsonl')
  const device = path.join(import.meta.dirname, 'instant-device.ts')
  const watched = [`server=${bed.serverPid}`, `orchestrator=${orchestrator.pid}`]
  const instant = await startCompanion([device, log, ...watched], /polls/)
  later(instant.stop)
  const islands = 4
  const selection = { archiveSize: 1000 / islands }
  const mutation = { mutator: 'model' as const }
  // Some draws are duplicates and evaluate nothing.
  const draws = Math.ceil(iterations * 1.3)
  await startRun(bed.client, 'run', {
    problem,
    islands,
    iterations: draws,
    candidatesPerGeneration,
    selection,
    mutation,
  })
  const status = (await bed.client.workflow.getHandle('run').result()) as RunStatus
  const programs = status.islands.reduce((sum, island) => sum + island.programs, 0)
  console.error(`${status.phase}: ${status.evaluated} evaluations, ${programs} programs, ${status.seconds} s`)
  const milestones = readMilestones(log)
  await close()
  return (from, to) => costBetween(milestones, from, to)
}

const theirs = async (): Promise<(from: number, to: number) => number> => {
  const model = await startModel(0)
  later(model.stop)
  const environment = await installOpenEvolve(path.join(os.tmpdir(), 'mlx-evolve-bench-peers'))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-bench-'))
  const run = {
    environment,
    folder,
    modelUrl: model.url,
    iterations: 2100,
    workers: 1,
    evaluationSeconds: 0,
    locked: false,
  }
  const ends = readIntervals(await runOpenEvolve(run)).map(({ ended }) => ended)
  await close()
  return (from, to) => (1000 * ((ends[to] ?? Number.NaN) - (ends[from] ?? Number.NaN))) / (to - from)
}

try {
  const costs = new Map<number, Awaited<ReturnType<typeof ours>>>()
  console.log(
    '| candidates a generation | evaluations | wall, ms a candidate | CPU | of it server | orchestrator | device |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const each of [1, 4]) {
    const between = await ours(each)
    costs.set(each, between)
    for (const [from, to] of [
      [1000, 1100],
      [iterations - 100, iterations],
    ] as const) {
      const { wall, cpu, byProcess } = between(from, to)
      const { server = 0, orchestrator = 0, device = 0 } = byProcess
      console.log(
        `| ${each} | ${from + 1} to ${to} | ${ms(wall)} | ${ms(cpu)} | ${ms(server)} | ${ms(orchestrator)} | ${ms(device)} |`,
      )
    }
  }
  if (openevolve) {
    const between = await theirs()
    console.log(`\n| iterations | OpenEvolve ${openEvolveVersion}, ms an iteration | mlx-evolve, 4 a generation, ms |`)
    console.log('|---|---|---|')
    for (const [from, to] of [
      [900, 1100],
      [1900, 2100],
    ] as const) {
      console.log(
        `| ${from + 1} to ${to} | ${ms(between(from, to))} | ${ms(costs.get(4)?.(from, to).wall ?? Number.NaN)} |`,
      )
    }
  }
} finally {
  await close()
}

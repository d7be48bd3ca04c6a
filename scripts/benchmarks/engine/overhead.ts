/**
 * What does the engine itself cost a candidate, and does that grow with the run? A model and a device that take no time, the
 * embedded server with its own database settings, a population of 1,000; beside OpenEvolve on the same stub and the same
 * problem. Prints Markdown tables. Linux only: CPU time is read from /proc.
 *
 *     npx node scripts/benchmarks/engine/overhead.ts [--iterations 2500] [--no-openevolve]
 *
 * About 12 minutes.
 */
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { closing } from './bed.ts'
import { startCountingModel } from './counting-model.ts'
import { startInstantEngine } from './instant-engine.ts'
import { type Cost, costBetween, last, type Milestone } from './milestones.ts'
import { openEvolveVersion, runOpenEvolve } from './openevolve.ts'

const { iterations, openevolve } = new Command()
  .option('--iterations <n>', 'candidates of a run', Number, 2500)
  .option('--no-openevolve', 'mlx-evolve alone')
  .parse()
  .opts<{ iterations: number; openevolve: boolean }>()

const islands = 4
const population = 1000
/** The first hundred that find the population full. */
const full = [population, population + 100] as const
/** Where engines are compared. */
const compared = [
  [900, 1100],
  [1900, 2100],
] as const

const closer = closing()
const ms = (value: number): string => value.toFixed(1)
const row = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`)
const head = (...cells: string[]): void => {
  row(...cells)
  row(...cells.map(() => '---'))
}

const ours = async (candidatesPerGeneration: number): Promise<Milestone[]> => {
  const engine = await startInstantEngine(closer)
  const selection = { archiveSize: population / islands }
  await engine.start({ islands, iterations, candidatesPerGeneration, selection })
  const status = (await engine.bed.client.workflow.getHandle('run').result()) as RunStatus
  const programs = status.islands.reduce((sum, island) => sum + island.programs, 0)
  console.error(`${status.phase}: ${status.evaluated} evaluations, ${programs} programs, ${status.seconds} s`)
  await closer.close()
  return engine.milestones
}

const theirs = async (): Promise<Milestone[]> => {
  const model = await startCountingModel()
  closer.later(model.stop)
  const settings = { modelUrl: model.url, workers: 1, evaluationSeconds: 0, locked: false }
  await runOpenEvolve({ ...settings, iterations: Math.min(iterations, 2200) })
  await closer.close()
  return model.milestones
}

const costRow = (each: number, from: number, to: number, { wall, cpu, byProcess }: Cost): void => {
  const { server = 0, orchestrator = 0, device = 0 } = byProcess
  row(each, `${from + 1} to ${to}`, ...[wall, cpu, server, orchestrator, device].map(ms))
}

const flatness = (milestones: Milestone[]): { early: Cost; late: Cost; end: number } => {
  const end = last(milestones)
  return { early: costBetween(milestones, ...full), late: costBetween(milestones, end - 100, end), end }
}

const showOurs = (runs: Map<number, Milestone[]>): void => {
  head('candidates a generation', 'candidates', 'wall, ms each', 'CPU, ms each', 'server', 'orchestrator', 'device')
  for (const [each, milestones] of runs) {
    const { early, late, end } = flatness(milestones)
    costRow(each, ...full, early)
    costRow(each, end - 100, end, late)
    const ratio = (late: number, early: number): string => `${(late / early).toFixed(2)} times`
    row(each, 'last to first', ratio(late.wall, early.wall), ratio(late.cpu, early.cpu), '', '', '')
  }
}

const showBoth = (own: Milestone[], others: Milestone[], version: string): void => {
  head('candidates', `OpenEvolve ${version}, ms each`, 'mlx-evolve, 4 a generation, ms each', 'share')
  for (const [from, to] of compared) {
    const [mine, other] = [costBetween(own, from, to).wall, costBetween(others, from, to).wall]
    row(`${from + 1} to ${to}`, ms(other), ms(mine), (mine / other).toFixed(2))
  }
}

try {
  const runs = new Map([
    [1, await ours(1)],
    [4, await ours(4)],
  ])
  showOurs(runs)
  if (openevolve) {
    const others = await theirs()
    console.log()
    showBoth(runs.get(4) ?? [], others, await openEvolveVersion())
  }
} finally {
  await closer.close()
}

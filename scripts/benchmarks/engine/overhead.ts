/**
 * What does the engine itself cost a candidate, and does that grow with the run? A model and a device that take no time, the
 * embedded server with its own database settings, a population of 1,000; beside OpenEvolve on the same stub and the same
 * problem. Prints Markdown tables. Linux only: CPU time is read from /proc.
 *
 *     npx node scripts/benchmarks/engine/overhead.ts [--iterations 2500] [--repeats 3] [--no-openevolve]
 *
 * What is compared with OpenEvolve is made several times, both in turn. About 20 minutes.
 */
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { openEvolveVersion } from '../peers/openevolve.ts'
import { closing } from './bed.ts'
import { startCountingModel } from './counting-model.ts'
import { startInstantEngine } from './instant-engine.ts'
import { type Cost, costBetween, last, type Milestone, median, medianCost } from './milestones.ts'
import { runOpenEvolve } from './openevolve.ts'

const { iterations, repeats, openevolve } = new Command()
  .option('--iterations <n>', 'candidates of a run', Number, 2500)
  .option('--repeats <n>', 'runs of 4 candidates a generation, and of OpenEvolve', Number, 3)
  .option('--no-openevolve', 'mlx-evolve alone')
  .parse()
  .opts<{ iterations: number; repeats: number; openevolve: boolean }>()

const islands = 4
const population = 1000
/** A hundred that find the population full: of those before, some 15 % brought a program that was there already. */
const full = [1.2 * population, 1.2 * population + 100] as const
/** Where engines are compared. */
const compared = [
  [900, 1100],
  [1900, 2100],
] as const

if (!(iterations >= compared[1][1])) {
  throw new Error(
    `--iterations is ${iterations}, expected ${compared[1][1]} or more: there the last comparison is made`,
  )
}

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
  await runOpenEvolve({ ...settings, iterations: Math.min(iterations, 2200) }, closer.later)
  await closer.close()
  return model.milestones
}

const costRow = (each: number, from: number, to: number, costs: Cost[]): void => {
  const { wall, cpu, byProcess } = medianCost(costs)
  const { server = 0, orchestrator = 0, device = 0 } = byProcess
  row(each, `${from + 1} to ${to}`, costs.length, ...[wall, cpu, server, orchestrator, device].map(ms))
}

const flatness = (milestones: Milestone[]): { early: Cost; late: Cost; end: number } => {
  const end = last(milestones)
  return { early: costBetween(milestones, ...full), late: costBetween(milestones, end - 100, end), end }
}

/** Median and range of what several runs gave. */
const spread = (values: number[]): string => {
  const text = (value: number): string => value.toFixed(2)
  return values.length > 1
    ? `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`
    : values.map(text).join()
}

const showOurs = (runs: Map<number, Milestone[][]>): void => {
  head(
    'candidates a generation',
    'candidates',
    'runs',
    'wall, ms each',
    'CPU, ms each',
    'server',
    'orchestrator',
    'device',
  )
  for (const [each, made] of runs) {
    const found = made.map(flatness)
    const end = Math.round(median(found.map(({ end }) => end)))
    costRow(
      each,
      ...full,
      found.map(({ early }) => early),
    )
    costRow(
      each,
      end - 100,
      end,
      found.map(({ late }) => late),
    )
    const growth = (part: 'wall' | 'cpu'): string => spread(found.map(({ early, late }) => late[part] / early[part]))
    row(each, 'last to first', made.length, `${growth('wall')} times`, `${growth('cpu')} times`, '', '', '')
  }
}

const showBoth = (own: Milestone[][], others: Milestone[][], version: string): void => {
  head('candidates', `OpenEvolve ${version}, ms each`, 'mlx-evolve, 4 a generation, ms each', 'share')
  for (const [from, to] of compared) {
    const walls = (runs: Milestone[][]): number[] => runs.map((milestones) => costBetween(milestones, from, to).wall)
    const [mine, other] = [walls(own), walls(others)]
    const shares = mine.map((wall, index) => wall / (other[index] ?? Number.NaN))
    row(`${from + 1} to ${to}`, ms(median(other)), ms(median(mine)), spread(shares))
  }
}

try {
  const single = await ours(1)
  const several: Milestone[][] = []
  const others: Milestone[][] = []
  for (let made = 0; made < repeats; made += 1) {
    several.push(await ours(4))
    if (openevolve) others.push(await theirs())
  }
  showOurs(
    new Map([
      [1, [single]],
      [4, several],
    ]),
  )
  if (openevolve) {
    console.log()
    showBoth(several, others, openEvolveVersion())
  }
} finally {
  await closer.close()
}

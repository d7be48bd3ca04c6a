import { cpuSeconds, residentMegabytes } from './process-use.ts'

/** What an engine had used after so many candidates. */
export interface Milestone {
  /** Candidates that the model was asked for. */
  candidates: number
  /** Seconds, of a clock that nobody sets. */
  at: number
  /** CPU seconds by process. */
  cpu: Record<string, number>
  /** Megabytes by process. */
  memory: Record<string, number>
}

/** Process ids by name. */
export type Processes = Record<string, number>

const ofEach = (processes: Processes, use: (pid: number) => number): Record<string, number> =>
  Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, use(pid)]))

/** What processes have used until now. */
export const milestone = (candidates: number, processes: Processes): Milestone => ({
  candidates,
  at: performance.now() / 1000,
  cpu: ofEach(processes, cpuSeconds),
  memory: ofEach(processes, residentMegabytes),
})

/** Per candidate, in milliseconds. */
export interface Cost {
  wall: number
  cpu: number
  /** The same by process. */
  byProcess: Record<string, number>
}

/** What a candidate cost between two milestones. @throws Error if there are no such milestones */
export const costBetween = (milestones: Milestone[], from: number, to: number): Cost => {
  const start = milestones.find(({ candidates }) => candidates === from)
  const end = milestones.find(({ candidates }) => candidates === to)
  if (start === undefined || end === undefined) throw new Error(`nothing was noted at ${from} or at ${to} candidates`)
  const each = (seconds: number): number => (1000 * seconds) / (to - from)
  const byProcess = Object.fromEntries(
    Object.entries(end.cpu).map(([name, used]) => [name, each(used - (start.cpu[name] ?? 0))]),
  )
  const cpu = Object.values(byProcess).reduce((sum, used) => sum + used, 0)
  return { wall: each(end.at - start.at), cpu, byProcess }
}

/** The number of candidates at the last milestone. */
export const last = (milestones: Milestone[]): number => milestones.at(-1)?.candidates ?? 0

/** The middle of `values`, of which there must be some; the mean of the middle two where they are even in number. */
export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.floor(sorted.length / 2)],
  ]
  return (low + high) / 2
}

/** Costs of several runs, each of their figures by its median. */
export const medianCost = (costs: Cost[]): Cost => {
  const names = Object.keys(costs[0]?.byProcess ?? {})
  return {
    wall: median(costs.map(({ wall }) => wall)),
    cpu: median(costs.map(({ cpu }) => cpu)),
    byProcess: Object.fromEntries(
      names.map((name) => [name, median(costs.map(({ byProcess }) => byProcess[name] ?? 0))]),
    ),
  }
}

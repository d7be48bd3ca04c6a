import { readFileSync } from 'node:fs'

/** What an engine had used after so many evaluations. */
export interface Milestone {
  evaluated: number
  /** Seconds since the epoch. */
  at: number
  /** CPU seconds by process. */
  cpu: Record<string, number>
  /** Megabytes by process. */
  memory: Record<string, number>
}

export const readMilestones = (file: string): Milestone[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Milestone)

/** Per candidate, in milliseconds. */
export interface Cost {
  wall: number
  cpu: number
  /** The same by process. */
  byProcess: Record<string, number>
}

/** What a candidate cost between two milestones. @throws Error if there are no such milestones */
export const costBetween = (milestones: Milestone[], from: number, to: number): Cost => {
  const start = milestones.find(({ evaluated }) => evaluated === from)
  const end = milestones.find(({ evaluated }) => evaluated === to)
  if (start === undefined || end === undefined) throw new Error(`nothing was logged at ${from} or at ${to} evaluations`)
  const each = (seconds: number): number => (1000 * seconds) / (to - from)
  const byProcess = Object.fromEntries(
    Object.entries(end.cpu).map(([name, used]) => [name, each(used - (start.cpu[name] ?? 0))]),
  )
  const cpu = Object.values(byProcess).reduce((sum, used) => sum + used, 0)
  return { wall: each(end.at - start.at), cpu, byProcess }
}

/** The number of evaluations at the last milestone. */
export const last = (milestones: Milestone[]): number => milestones.at(-1)?.evaluated ?? 0

import { existsSync, readFileSync } from 'node:fs'

/** When an evaluation had the device, seconds since the epoch. */
export interface Interval {
  started: number
  ended: number
}

/** What the evaluators logged, by their start. */
export const readIntervals = (file: string): Interval[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Interval)
        .sort((a, b) => a.started - b.started)
    : []

export interface Use {
  evaluations: number
  /** Time in which an evaluator had the device over the time from the first start to the last end. */
  busy: number
  /** Evaluations that shared the device with another for a while. */
  overlapping: number
  /** Seconds from the first start to the last end. */
  seconds: number
}

/** Seconds in which at least one of them had the device; by their start. */
const secondsCovered = (intervals: Interval[]): number => {
  let covered = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { started, ended } of intervals) {
    covered += Math.max(0, ended - Math.max(started, until))
    until = Math.max(until, ended)
  }
  return covered
}

/** How well a device was used. */
export const useOf = (intervals: Interval[]): Use => {
  const first = Math.min(...intervals.map(({ started }) => started))
  const last = Math.max(...intervals.map(({ ended }) => ended))
  const overlapping = intervals.filter((one) =>
    intervals.some((other) => other !== one && other.started < one.ended && one.started < other.ended),
  )
  return {
    evaluations: intervals.length,
    busy: secondsCovered(intervals) / (last - first),
    overlapping: overlapping.length,
    seconds: last - first,
  }
}

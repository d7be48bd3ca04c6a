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
  /** Sum of the evaluators' own time over the time from the first start to the last end. */
  busy: number
  /** Evaluations that shared the device with another for a while. */
  overlapping: number
  /** Seconds from the first start to the last end. */
  seconds: number
}

/** How well a device was used. */
export const useOf = (intervals: Interval[]): Use => {
  const first = Math.min(...intervals.map(({ started }) => started))
  const last = Math.max(...intervals.map(({ ended }) => ended))
  const own = intervals.reduce((sum, { started, ended }) => sum + ended - started, 0)
  const overlapping = intervals.filter((one) =>
    intervals.some((other) => other !== one && other.started < one.ended && one.started < other.ended),
  )
  return {
    evaluations: intervals.length,
    busy: own / (last - first),
    overlapping: overlapping.length,
    seconds: last - first,
  }
}

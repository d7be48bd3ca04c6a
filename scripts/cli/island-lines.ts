import pc from 'picocolors'
import type { RunStatus } from '../../temporal/run-status.ts'
import type { Waiting } from './waiting.ts'

/** `12 s`, `3 min`, `2 h`. */
const age = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** `2 × evaluate waits, 12 s`: what is the same is counted, the oldest gives the time. */
const describeWaiting = (waiting: Waiting[], now: number): string => {
  const groups = Map.groupBy(waiting, ({ what }) => what)
  const texts = [...groups].map(([what, alike]) => {
    const times = alike.flatMap(({ since }) => since ?? [])
    const count = alike.length > 1 ? `${alike.length} × ` : ''
    return `${count}${what}${times.length === 0 ? '' : `, ${age(now - Math.min(...times))}`}`
  })
  return texts.join(' · ')
}

/** The workflow tells times of day; people at a terminal want to know how long. */
const withAge = (activity: string, now: number): string =>
  activity.replace(/ since (\S+Z)$/, (_, at: string) => `, ${age(now - Date.parse(at))}`)

const pad = (values: string[]): string[] => {
  const width = Math.max(...values.map(({ length }) => length))
  return values.map((value) => value.padStart(width))
}

/** A line for each island, in columns. Pure. */
export const islandLines = (
  { islands, confirmations }: Pick<RunStatus, 'islands' | 'confirmations'>,
  waiting: Map<number, Waiting[]>,
  now: number,
): string[] => {
  // Of timed programs islands know only what screening promised.
  const figure = confirmations === null ? 'best' : 'screened above'
  const names = pad(islands.map(({ island }) => String(island)))
  const generations = pad(islands.map(({ generation }) => String(generation)))
  const counts = pad(islands.map(({ iterations, quota }) => `${iterations}/${quota}`))
  const bests = pad(islands.map(({ best }) => (best === null ? '–' : best.toPrecision(5))))
  return islands.map(({ island, activity }, at) => {
    const waits = waiting.get(island)
    const doing = waits === undefined ? withAge(activity, now) : describeWaiting(waits, now)
    return `  island ${names[at]}  gen ${generations[at]}  ${counts[at]}  ${figure} ${bests[at]}  ${pc.dim(doing)}`
  })
}

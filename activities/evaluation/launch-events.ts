import { z } from 'zod'

/** What the launcher says on its event channel, a JSON line each. */
export const launchEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('waiting') }),
  /** The device lock is held; milliseconds since the epoch. */
  z.object({ event: z.literal('device'), startedAt: z.number() }),
  /** Relayed from the evaluation: what it is doing. */
  z.object({ event: z.literal('phase'), phase: z.unknown() }),
  /** Relayed from the evaluation, not yet validated. */
  z.object({ event: z.literal('result'), result: z.unknown() }),
  /** The evaluation wrote something else on its event channel. */
  z.object({ event: z.literal('garbage'), reason: z.string() }),
  z.object({
    event: z.literal('ended'),
    how: z.enum(['exit', 'timeout', 'signal', 'limit', 'refused', 'abandoned']),
    code: z.number().int().nullable(),
    signal: z.number().int().nullable(),
    /** Seconds with the device. */
    seconds: z.number().nonnegative(),
    /** Processes that could not be killed. */
    left: z.number().int().nonnegative(),
    /** The limit that was exceeded, or why there was no evaluation. */
    reason: z.string().nullish(),
    /** The sandbox that was in force around the whole evaluation; none where it confines its sides itself. */
    sandbox: z.string().nullish(),
    stdout: z.string(),
    stderr: z.string(),
  }),
])
export type LaunchEvent = z.infer<typeof launchEvent>
export type Ended = Extract<LaunchEvent, { event: 'ended' }>

/** Everything that a launcher reported about one evaluation. */
export interface LaunchReport {
  startedAt: number | null
  /** The evaluation said at least one thing, so it did start. */
  spoke: boolean
  results: unknown[]
  garbage: string[]
  ended: Ended | null
}

export const emptyReport = (): LaunchReport => ({
  startedAt: null,
  spoke: false,
  results: [],
  garbage: [],
  ended: null,
})

const keptPerKind = 10

/** The report with one more event in it. */
export const withEvent = (report: LaunchReport, event: LaunchEvent): LaunchReport => {
  switch (event.event) {
    case 'waiting':
      return report
    case 'device':
      return { ...report, startedAt: event.startedAt }
    case 'phase':
      return { ...report, spoke: true }
    case 'result':
      return { ...report, spoke: true, results: [...report.results, event.result].slice(0, keptPerKind) }
    case 'garbage':
      return { ...report, spoke: true, garbage: [...report.garbage, event.reason].slice(0, keptPerKind) }
    case 'ended':
      return { ...report, ended: event }
  }
}

/** What an evaluation is doing, as people read it; undefined where the event does not say. */
export const phaseOf = (event: LaunchEvent): string | undefined => {
  if (event.event === 'waiting') return 'waiting for the device'
  if (event.event === 'device') return 'starting'
  if (event.event === 'phase' && typeof event.phase === 'string') return event.phase.slice(0, 100)
  return undefined
}

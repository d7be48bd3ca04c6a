import { type RepeatedCalls, repeatedCalls } from './model-calls.ts'
import { lostAttempts, outages, restartMs } from './restarts.ts'
import type { RoundRecord, RunRecord } from './round.ts'

/** Milliseconds within which what was in flight has started again once the last process is back. */
const restartLimitMs = { 'command line': 10_000, 'bare client': 15_000 } as const

/** The slowest to start again. */
export interface Restart {
  what: string
  ms: number
}

/** What a run proves. */
export interface Verdict {
  id: string
  begun: RunRecord['begun']
  kills: Record<'orchestrator' | 'mlx' | 'server', number>
  finished: boolean
  digestEqual: boolean
  calls: RepeatedCalls
  /** Evaluations made again, of the whole round. */
  evaluations: { repeated: number; allowed: number }
  restarts: number
  longest: Restart | null
  seconds: number
  /** What it promised and did not keep; empty is good. */
  failures: string[]
}

/** How many more of the hashes there are than `times` the reference holds. Pure. */
export const excess = (hashes: string[], reference: string[], times: number): number => {
  const expected = Map.groupBy(reference, (hash) => hash)
  const found = Map.groupBy(hashes, (hash) => hash)
  return [...found].reduce((sum, [hash, all]) => {
    return sum + Math.max(0, all.length - times * (expected.get(hash)?.length ?? 0))
  }, 0)
}

const killsOf = ({ kills }: RoundRecord, kind: string): number => kills.filter(({ victim }) => victim === kind).length

const restartsOf = (run: RunRecord, round: RoundRecord): Restart[] => {
  const all = outages(round.kills, round.arrivals)
  return [...lostAttempts(run.attempts), ...run.lost].flatMap((lost) => {
    const ms = restartMs(lost, all)
    return ms === null ? [] : [{ what: lost.what, ms }]
  })
}

const failuresOf = (verdict: Omit<Verdict, 'failures'>, { planned, ended }: RoundRecord): string[] => {
  const { begun, kills, finished, digestEqual, calls, evaluations, longest } = verdict
  const made = kills.orchestrator + kills.mlx + kills.server
  const limit = restartLimitMs[begun]
  return [
    finished ? null : 'it did not finish',
    digestEqual ? null : "its population is not the undisturbed run's",
    ended.length === 0 ? null : `ended by themselves: ${ended.join(', ')}`,
    made === planned ? null : `${made} of ${planned} kills were made`,
    calls.kept === 0 ? null : `${calls.kept} model calls were repeated whose reply was in the ledger`,
    calls.unexplained.length === 0
      ? null
      : `${calls.unexplained.length} model calls were repeated though no orchestrator had died: ${calls.unexplained.map((times) => times.join(' and ')).join(', ')} ms`,
    evaluations.repeated <= evaluations.allowed
      ? null
      : `${evaluations.repeated} evaluations were repeated, ${evaluations.allowed} may be`,
    (longest?.ms ?? 0) <= limit ? null : `${longest?.what} started again after ${longest?.ms} ms, ${limit} may be`,
  ].filter((failure) => failure !== null)
}

/** What each run of a round proves against the undisturbed run. Pure. */
export const judge = (round: RoundRecord, undisturbed: RoundRecord): Verdict[] => {
  const reference = undisturbed.runs[0]?.status
  const kills = {
    orchestrator: killsOf(round, 'orchestrator'),
    mlx: killsOf(round, 'mlx'),
    server: killsOf(round, 'server'),
  }
  const evaluations = {
    repeated: excess(round.evaluations, undisturbed.evaluations, round.runs.length),
    allowed: kills.mlx + kills.server,
  }
  return round.runs.map((run) => {
    const { id, begun, status, ledger } = run
    const keys = new Set(ledger.map(({ key }) => key))
    const restarts = restartsOf(run, round)
    const verdict = {
      ...{ id, begun, kills, evaluations },
      finished: status?.phase === 'completed' && status.iterations === reference?.iterations,
      digestEqual: status?.digest === reference?.digest,
      calls: repeatedCalls(
        round.calls.filter(({ key }) => keys.has(key)),
        ledger,
        outages(round.kills, round.arrivals),
      ),
      restarts: restarts.length,
      longest: restarts.toSorted((a, b) => b.ms - a.ms)[0] ?? null,
      seconds: status?.seconds ?? Number.NaN,
    }
    return { ...verdict, failures: failuresOf(verdict, round) }
  })
}

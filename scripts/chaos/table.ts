import type { PeerVerdict } from './beside.ts'
import type { Verdict } from './judge.ts'

/** Head of the Markdown table. */
export const head = [
  '| run | started by | killed: orchestrator, mlx, server | finished | digest equal | model calls repeated: reply not there, on its way, in the ledger | evaluations repeated, allowed | started again | longest, s after the last process is back | run, s |',
  '|---|---|---|---|---|---|---|---|---|---|',
].join('\n')

const yes = (fact: boolean): string => (fact ? 'yes' : '**no**')

/** A run's row. Pure. */
export const row = (verdict: Verdict): string => {
  const { id, begun, kills, finished, digestEqual, calls, evaluations, restarts, longest, seconds } = verdict
  const cells = [
    id,
    begun,
    `${kills.orchestrator}, ${kills.mlx}, ${kills.server}`,
    yes(finished),
    yes(digestEqual),
    `${calls.repeated - calls.onTheWay - calls.kept}, ${calls.onTheWay}, ${calls.kept}`,
    `${evaluations.repeated}, ${evaluations.allowed}`,
    restarts,
    longest === null ? '–' : `${(longest.ms / 1000).toFixed(1)} (${longest.what})`,
    seconds.toFixed(0),
  ]
  return `| ${cells.join(' | ')} |`
}

/** What all runs together prove. Pure. */
export const summary = (verdicts: Verdict[]): string => {
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0)
  const good = verdicts.filter(({ failures }) => failures.length === 0).length
  const longest = Math.max(0, ...verdicts.map((verdict) => verdict.longest?.ms ?? 0))
  const kept = sum(({ calls }) => calls.kept)
  return [
    `${good} of ${verdicts.length} runs keep every promise.`,
    `${sum(({ calls }) => calls.repeated)} model calls were repeated, ${kept} whose reply was in the ledger;`,
    `what was in flight started again within ${(longest / 1000).toFixed(1)} s.`,
  ].join(' ')
}

/** The row of an OpenEvolve run, which is one group of processes; it has no promise to compare with. Pure. */
export const peerRow = ({ id, kills, finished, lost, seconds }: PeerVerdict): string => {
  const cells = [id, 'its newest checkpoint', `all, ${kills} times`, yes(finished), '–', lost.calls, lost.evaluations]
  return `| ${[...cells, '–', '–', seconds.toFixed(0)].join(' | ')} |`
}

/** What OpenEvolve's runs lost together, and each at least and at most. Pure. */
export const peerSummary = (verdicts: PeerVerdict[]): string => {
  const of = (what: keyof PeerVerdict['lost']): string => {
    const all = verdicts.map(({ lost }) => lost[what])
    return `${all.reduce((sum, lost) => sum + lost, 0)} (${Math.min(...all)} to ${Math.max(...all)} a run)`
  }
  const kills = verdicts.reduce((sum, verdict) => sum + verdict.kills, 0)
  return `OpenEvolve: ${kills} kills cost ${of('calls')} model calls and ${of('evaluations')} evaluations.`
}

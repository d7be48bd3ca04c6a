import type { Program } from '../temporal/program.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import type { BestProgram, ConfirmationStatus, IslandStatus, RunStatus } from '../temporal/run-status.ts'
import { bestOf } from './best.ts'
import { isTimed, promising } from './confirmation-rule.ts'
import { populationDigest } from './digest.ts'
import { drawnAheadOf } from './drawn-ahead.ts'
import { islandQuota, iterationsWanted } from './quota.ts'
import { isEnding, type Run } from './run.ts'
import { nextStep } from './schedule.ts'

/**
 * The best program as it is reported: the confirmed incumbent, with the figures of its confirmation; while there is
 * none, the best screened one whose confirmation has not failed.
 */
export const reportedBest = (state: RunState): { program: Program; confirmed: boolean } => {
  const { incumbent } = state.confirmations
  return incumbent === null ? { program: bestOf(state), confirmed: false } : { program: incumbent, confirmed: true }
}

/** A program's figures under the name they deserve. */
export const namedFigures = ({ speedup }: Program, confirmed: boolean) =>
  confirmed ? { confirmed, speedup, screened: null } : { confirmed, speedup: null, screened: speedup }

const best = (state: RunState): BestProgram => {
  const { program, confirmed } = reportedBest(state)
  return { programId: program.id, score: program.score, ...namedFigures(program, confirmed) }
}

const confirmationStatus = ({ confirming }: Run, state: RunState): ConfirmationStatus | null => {
  if (!isTimed(state)) return null
  const { spent, records, heldOut } = state.confirmations
  const next = promising(state)
  return {
    spent,
    current: confirming,
    promising: next?.speedup ? { programId: next.id, screened: next.speedup } : null,
    records,
    heldOut,
  }
}

const activityOf = (run: Run, state: RunState, island: IslandState): string => {
  const flight = run.inFlight.get(island.index)
  if (flight?.blocked) return `generation ${flight.generation} blocked: ${flight.blocked}`
  if (flight?.child) {
    const what = flight.kind === 'proposals' ? 'proposals of generation' : 'generation'
    return `${what} ${flight.generation} since ${new Date(flight.since).toISOString()}`
  }
  const step = nextStep(state, island)
  if (step.do === 'wait') return `waiting for ${step.for}`
  if (step.do === 'rest') return 'done'
  const proposed = drawnAheadOf(state, island.index) === null ? '' : ', its proposals made'
  return `ready for generation ${island.generation + 1}${proposed}`
}

const islandStatus = (run: Run, state: RunState, island: IslandState): IslandStatus => ({
  island: island.index,
  generation: island.generation,
  iterations: island.drawn,
  quota: islandQuota(state, island),
  programs: island.programs.length,
  best: island.programs.length === 0 ? null : Math.max(...island.programs.map(({ score }) => score)),
  activity: activityOf(run, state, island),
})

const deviceBusy = ({ ledger }: RunState): number | null => {
  const wall = (ledger.lastEvaluationAt - ledger.firstEvaluationAt) / 1000
  return wall > 0 ? Math.min(1, ledger.deviceSeconds / wall) : null
}

/** Why the run is where it is, in a line. */
const reasonOf = (run: Run): string => {
  const { confirming } = run
  if (run.phase !== 'running') return run.reason
  if (run.control.stopping) return 'stopping: finishing what is in flight'
  if (run.control.spent !== null && confirming === null) return run.control.spent
  return confirming === null ? run.reason : `confirming ${confirming.programId} (confirmation ${confirming.index})`
}

/** A run's status but for the digest, which takes milliseconds where there are many programs. */
export type Overview = Omit<RunStatus, 'digest'>

/** What there is to say of a run at `now`, milliseconds since the epoch. */
export const overview = (run: Run, now: number): Overview => {
  const { state, control } = run
  const paused = run.phase === 'running' && control.paused !== null && !isEnding(run)
  return {
    id: run.identity.id,
    problem: run.problemName,
    phase: paused ? 'paused' : run.phase,
    reason: paused ? (control.paused ?? '') : reasonOf(run),
    iterations: state?.islands.reduce((sum, { drawn }) => sum + drawn, 0) ?? 0,
    iterationsWanted: state === null ? 0 : iterationsWanted(state),
    evaluated: state?.ledger.evaluated ?? 0,
    modelCalls: state?.ledger.modelCalls ?? 0,
    mutator: state?.mutator ?? null,
    best: state === null ? null : best(state),
    confirmations: state === null ? null : confirmationStatus(run, state),
    seconds: Math.round((now - run.startedAt) / 100) / 10,
    startedAt: run.startedAt,
    deviceBusy: state === null ? null : deviceBusy(state),
    islands: state?.islands.map((island) => islandStatus(run, state, island)) ?? [],
    ledger: state?.ledger ?? null,
    retentionDays: state?.retentionDays ?? null,
    ignored: control.ignored,
  }
}

/** Answer of the `status` query at `now`, milliseconds since the epoch. */
export const runStatus = (run: Run, now: number): RunStatus => ({
  ...overview(run, now),
  digest: run.state === null ? '' : populationDigest(run.state),
})

import type { Program } from '../temporal/program.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'
import type { BestProgram, IslandStatus, RunStatus } from '../temporal/run-status.ts'
import { populationDigest } from './digest.ts'
import type { Run } from './run.ts'
import { islandQuota, iterationsWanted, nextStep } from './schedule.ts'

/** The run's best program: highest score; among equals the initial one, then that of the lowest island. */
export const bestOf = (state: RunState): Program => {
  const everyone = [state.initial, ...state.islands.flatMap(({ programs }) => programs)]
  return everyone.reduce((best, program) => (program.score > best.score ? program : best))
}

/** The best program as it is reported: with confirmed figures where there are some. */
export const reportedBest = (state: RunState): { program: Program; confirmed: boolean } => {
  const program = bestOf(state)
  const { confirmed } = state
  return confirmed?.id === program.id ? { program: confirmed, confirmed: true } : { program, confirmed: false }
}

const best = (state: RunState): BestProgram => {
  const { program, confirmed } = reportedBest(state)
  return { programId: program.id, score: program.score, speedup: program.speedup, confirmed }
}

const activityOf = (run: Run, state: RunState, island: IslandState): string => {
  const flight = run.inFlight.get(island.index)
  if (flight?.blocked) return `generation ${flight.generation} blocked: ${flight.blocked}`
  if (flight?.child) return `generation ${flight.generation} since ${new Date(flight.since).toISOString()}`
  const step = nextStep(state, island)
  if (step.do === 'wait') return `waiting for ${step.for}`
  return step.do === 'rest' ? 'done' : `ready for generation ${island.generation + 1}`
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
  if (run.phase !== 'running') return run.reason
  return run.control.stopping ? 'stopping: finishing what is in flight' : run.reason
}

/** Answer of the `status` query at `now`, milliseconds since the epoch. */
export const runStatus = (run: Run, now: number): RunStatus => {
  const { state, control } = run
  const paused = run.phase === 'running' && control.paused !== null && !control.stopping
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
    digest: state === null ? '' : populationDigest(state),
    seconds: Math.round((now - run.startedAt) / 100) / 10,
    startedAt: run.startedAt,
    deviceBusy: state === null ? null : deviceBusy(state),
    islands: state?.islands.map((island) => islandStatus(run, state, island)) ?? [],
    ledger: state?.ledger ?? null,
    retentionDays: state?.retentionDays ?? null,
    ignored: control.ignored,
  }
}

import type { BestProgram, RunStatus } from '../../temporal/run-status.ts'

/** Where there is no such figure its keys stay, so that readers need no case for it. */
export const noSpeedup = { eager: null, compiled: null, incumbent: null }

const bestJson = ({ programId, score, confirmed, speedup, screened }: BestProgram) => ({
  ...{ programId, score, confirmed },
  speedup: speedup ?? noSpeedup,
  screened: screened ?? noSpeedup,
})

/** The documented JSON form of a run, for `--json`. */
export const runJson = (status: RunStatus) => {
  const { id, problem, phase, reason, iterations, evaluated, modelCalls, mutator, digest, seconds, ledger } = status
  const best = status.best && bestJson(status.best)
  const { confirmations } = status
  return {
    id,
    problem,
    phase,
    reason,
    iterations,
    evaluated,
    unresolved: ledger?.unresolved ?? 0,
    modelCalls,
    mutator,
    best,
    digest,
    seconds,
    confirmations,
  }
}

/** Writes the one JSON object that `--json` promises as the last line of stdout. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Writes a line for people: to stdout, or to stderr where stdout belongs to JSON. */
export const say = (text: string, json: boolean): void => {
  ;(json ? process.stderr : process.stdout).write(`${text}\n`)
}

/** Writes what went wrong, in the form that every failure of a command has. */
export const complain = (reason: string): void => {
  process.stderr.write(`mlx-evolve: ${reason}\n`)
}

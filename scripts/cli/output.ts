import type { BestProgram, RunStatus } from '../../temporal/run-status.ts'

/** Problems that are not timed have no speedup; the key stays, so that readers need no case for them. */
export const noSpeedup = { eager: null, compiled: null }

const bestJson = ({ programId, score, speedup }: BestProgram) => ({ programId, score, speedup: speedup ?? noSpeedup })

/** The documented JSON form of a run, for `--json`. */
export const runJson = (status: RunStatus) => {
  const { id, problem, phase, reason, iterations, evaluated, modelCalls, mutator, digest, seconds } = status
  const best = status.best && bestJson(status.best)
  return { id, problem, phase, reason, iterations, evaluated, modelCalls, mutator, best, digest, seconds }
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

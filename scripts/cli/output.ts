import type { RunStatus } from '../../temporal/run-status.ts'

/** The documented JSON form of a run, for `--json`. */
export const runJson = (status: RunStatus) => {
  const { id, problem, phase, reason, iterations, evaluated, modelCalls, mutator, best, digest, seconds } = status
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

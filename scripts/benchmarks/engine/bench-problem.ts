import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The problem that engines are measured on. */
const problemFolder = path.join(import.meta.dirname, 'problem')

export interface ProblemSettings {
  /** What an evaluation takes of the device. */
  seconds: number
  /** File that evaluations log to; none where it is empty. */
  log: string
  /** File that an evaluator locks while it has the device; none where it is empty. */
  lock: string
}

/** A copy of the problem with these settings. @returns its path. */
export const writeProblem = async (folder: string, { seconds, log, lock }: ProblemSettings): Promise<string> => {
  await cp(problemFolder, folder, { recursive: true })
  const file = path.join(folder, 'evaluator.py')
  const source = await readFile(file, 'utf8')
  const settings = JSON.stringify({ seconds, log, lock })
  await writeFile(file, source.replace(/^(SETTINGS: .* = )\{[\s\S]*?^\}$/m, `$1${settings}`))
  // The log lies outside of the scratch folder, which only the weaker sandbox allows.
  const config = 'run:\n  evaluation:\n    options: { sandbox: limited }\n'
  await writeFile(path.join(folder, 'config.yaml'), (await readFile(path.join(folder, 'config.yaml'), 'utf8')) + config)
  return folder
}

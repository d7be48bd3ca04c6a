import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The problem that the engine is measured on. */
const problemFolder = path.join(import.meta.dirname, 'problem')

/** A copy of the problem whose evaluations take so long, and log to a file. @returns its path. */
export const writeProblem = async (folder: string, evaluationSeconds: number, log: string): Promise<string> => {
  await cp(problemFolder, folder, { recursive: true })
  const file = path.join(folder, 'evaluator.py')
  const source = await readFile(file, 'utf8')
  const settings = `SETTINGS = ${JSON.stringify({ seconds: evaluationSeconds, log })}\n`
  await writeFile(file, source.replace(/^SETTINGS = \{[\s\S]*?^\}\n/m, settings))
  // The log lies outside of the scratch folder, which only the weaker sandbox allows.
  const config = 'run:\n  evaluation:\n    options: { sandbox: limited }\n'
  await writeFile(path.join(folder, 'config.yaml'), (await readFile(path.join(folder, 'config.yaml'), 'utf8')) + config)
  return folder
}

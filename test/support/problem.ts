import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repoRoot } from './engine.ts'

const closedForm = path.join(repoRoot, 'problems/closed_form')

const logs = 'import hashlib, time'

/** An evaluator that logs writes outside of its scratch folder, which only the weaker sandbox lets it do. */
const allowLog = (name: string, text: string, replaced: Record<string, string | null>): string =>
  name === 'config.yaml' && replaced['evaluator.py']?.startsWith(logs)
    ? text.replace('  evaluation:\n', '  evaluation:\n    options: { sandbox: limited }\n')
    : text

/** A copy of `closed_form` with some of its files replaced; `null` leaves a file out. @returns its path. */
export const copyProblem = (folder: string, replaced: Record<string, string | null> = {}): string => {
  mkdirSync(folder, { recursive: true })
  for (const name of ['config.yaml', 'evaluator.py', 'initial_program.py']) {
    const text = name in replaced ? replaced[name] : readFileSync(path.join(closedForm, name), 'utf8')
    if (text !== null && text !== undefined) writeFileSync(path.join(folder, name), allowLog(name, text, replaced))
  }
  return folder
}

/** `closed_form`'s evaluator, which also appends the hash of every source it evaluates to a file. */
export const loggingEvaluator = (logFile: string, seconds = 0): string =>
  [
    logs,
    readFileSync(path.join(closedForm, 'evaluator.py'), 'utf8').replace('def evaluate(', 'def _evaluate('),
    'def evaluate(program_path):',
    `    with open(${JSON.stringify(logFile)}, "a") as log:`,
    '        log.write(hashlib.sha256(open(program_path, "rb").read()).hexdigest() + "\\n")',
    `    time.sleep(${seconds})`,
    '    return _evaluate(program_path)',
  ].join('\n')

/** The same, appending to the file when each evaluation began and ended: machine-wide monotonic nanoseconds. */
export const timedEvaluator = (logFile: string, seconds: number): string =>
  [
    logs,
    readFileSync(path.join(closedForm, 'evaluator.py'), 'utf8').replace('def evaluate(', 'def _evaluate('),
    'def evaluate(program_path):',
    '    began = time.monotonic_ns()',
    `    time.sleep(${seconds})`,
    '    result = _evaluate(program_path)',
    `    with open(${JSON.stringify(logFile)}, "a") as log:`,
    '        log.write(f"{began} {time.monotonic_ns()}\\n")',
    '    return result',
  ].join('\n')

/** `closed_form`, slow enough that a run can be told something while it is on its way; logs to `log` in `home`. */
export const slowProblem = (home: string, seconds: number): string =>
  copyProblem(path.join(home, 'slow'), { 'evaluator.py': loggingEvaluator(path.join(home, 'log'), seconds) })

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { EvaluationJob, EvaluationMachine } from '../../activities/evaluation/evaluate-once.ts'

export const repoRoot = path.resolve(import.meta.dirname, '../..')
const installed = path.join(repoRoot, '.venv/bin/python')
export const python = existsSync(installed) ? installed : 'python3'

/** An empty folder that goes away with the test. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'evaluation-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Bench {
  folder: string
  /** A file that evaluations write into, where only the weaker sandbox is asked for. */
  notes: string
  machine: EvaluationMachine
  /** A job whose evaluator has this source; `NOTES` in it is the path of the notes. */
  job: (evaluator: string, more?: Partial<EvaluationJob>) => Promise<EvaluationJob>
}

/** A machine with a device lock of its own, and problems made on the spot. */
export const bench = async (): Promise<Bench> => {
  const folder = await temporaryFolder()
  const notes = path.join(folder, 'notes')
  let problems = 0
  return {
    folder,
    notes,
    machine: {
      python,
      lockFile: path.join(folder, 'device.lock'),
      cacheFolder: path.join(folder, 'cache'),
      repoRoot,
      environment: { chip: 'test chip' },
    },
    job: async (evaluator, more = {}) => {
      problems += 1
      const problemFolder = path.join(folder, `problem-${problems}`)
      await mkdir(problemFolder)
      await writeFile(path.join(problemFolder, 'evaluator.py'), `NOTES = ${JSON.stringify(notes)}\n${evaluator}`)
      return {
        source: 'value = 7\n',
        problemFolder,
        evaluator: 'function',
        // Notes lie outside of the scratch folder, and name processes as this test sees them.
        options: evaluator.includes('NOTES') ? { sandbox: 'limited' } : {},
        seed: 1,
        timeoutSeconds: 20,
        compiledAbove: null,
        purpose: 'screening',
        confirmation: null,
        ...more,
      }
    },
  }
}

/** Lines of a file; none while it does not exist. */
export const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []

/** Waits until a condition holds. */
export const until = async (condition: () => boolean, what: string, seconds = 20): Promise<void> => {
  const end = Date.now() + seconds * 1000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Whether a process exists and is no zombie. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = `/proc/${pid}/stat`
  if (process.platform !== 'linux') return true
  if (!existsSync(stat)) return false
  return !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
}

/** Python that starts a descendant which notes its pid and then does what `body` says, for ever. */
export const pythonFamily = `
import os, signal, sys, time

def note(text):
    with open(NOTES, "a") as file:
        file.write(f"{text}\\n")

def descendant(prepare):
    ready, done = os.pipe()
    if os.fork() == 0:
        prepare()
        note(os.getpid())
        os.close(done)
        while True:
            time.sleep(60)
    os.close(done)
    os.read(ready, 1)
`

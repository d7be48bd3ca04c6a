import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, test } from 'vitest'
import { createEvaluationActivities } from '../../activities/evaluation/evaluate.ts'
import { evaluateOnce } from '../../activities/evaluation/evaluate-once.ts'
import { journalKey, openJournal } from '../../activities/evaluation/journal.ts'
import type { EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import { evaluation } from '../../temporal/evaluation.ts'
import { bench, repoRoot, until } from './fixture.ts'

/** Takes its worker, whose process id is noted, down with it where the program says so. */
const evaluator = `
import os, signal, time
def evaluate(program_path):
    source = open(program_path).read()
    worker = int(open(NOTES).read())
    if "poison" in source:
        os.kill(worker, signal.SIGKILL)
        time.sleep(60)
    while "slow" in source and os.path.exists(NOTES + ".hold"):
        time.sleep(0.02)
    return {"score": 7}
`

/** A worker process of its own, with an evaluation. */
const script = `
import { writeFileSync } from 'node:fs'
import { MockActivityEnvironment } from '@temporalio/testing'
import { createEvaluationActivities } from '${repoRoot}/activities/evaluation/evaluate.ts'
import { openJournal } from '${repoRoot}/activities/evaluation/journal.ts'
const { machine, problem, input, notes } = JSON.parse(process.argv[1])
const journal = await openJournal(machine.cacheFolder)
process.once('SIGTERM', journal.withdraw)
const activities = createEvaluationActivities({ ...machine, journal, fetchProblem: async () => problem })
writeFileSync(notes, String(process.pid))
const environment = new MockActivityEnvironment()
environment.on('heartbeat', ({ phase }) => console.log(phase))
await environment.run(activities.evaluate, input)
`

const workshop = async () => {
  const { machine, notes, job } = await bench()
  const files = { 'evaluator.py': `NOTES = ${JSON.stringify(notes)}\n${evaluator}` }
  const config = {
    description: '',
    initialProgram: 'p.py',
    evaluator: 'function',
    deterministic: true,
    run: {},
  } as const
  const problem = { name: 'tiny', hash: 'ab'.repeat(32), config, files }
  const journal = await openJournal(machine.cacheFolder)
  const inputOf = (source: string): EvaluateInput => ({
    ...{ id: 'i0-g1-d0', source, hash: Buffer.from(source).toString('hex'), evolutionId: 'demo', seed: 1 },
    problem: { name: problem.name, hash: problem.hash },
    ...{ timeoutSeconds: 60, options: { sandbox: 'limited' }, compiledAbove: null },
    ...{ purpose: 'screening', confirmation: null },
  })
  const { evaluate } = createEvaluationActivities({ ...machine, journal, fetchProblem: async () => problem })
  const hold = `${notes}.hold`
  writeFileSync(hold, '')
  return {
    machine,
    journal,
    job,
    /** Lets slow candidates go. */
    release: () => rmSync(hold),
    hasBegun: () => readdirSync(journal.folder).some((name) => name.endsWith('.begun')),
    deathsOf: (source: string) => journal.deathsOf(journalKey(inputOf(source))),
    /** In this process, which lives on. */
    evaluateHere: async (source: string): Promise<Evaluation> => {
      await writeFile(notes, String(process.pid))
      return evaluation.parse(await new MockActivityEnvironment().run(evaluate, inputOf(source)))
    },
    hire: (source: string) => {
      const given = JSON.stringify({ machine, problem, input: inputOf(source), notes })
      const worker = spawn(process.execPath, ['--input-type=module', '-e', script, given], {
        cwd: repoRoot,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const phases: string[] = []
      worker.stdout.on('data', (data) => phases.push(...String(data).split('\n')))
      return { worker, phases, ended: once(worker, 'exit') }
    },
  }
}

test('a candidate that took its worker down three times is set aside, and no other one with it', async () => {
  const { hire, evaluateHere, deathsOf } = await workshop()
  for (let deaths = 1; deaths <= 3; deaths += 1) {
    expect((await hire('poison').ended)[1]).toBe('SIGKILL')
    expect(await deathsOf('poison')).toHaveLength(deaths)
  }
  const verdict = await evaluateHere('poison')
  expect(verdict).toMatchObject({
    verdict: 'unresolved',
    stage: 'crash',
    seconds: 0,
    environment: { chip: 'test chip' },
  })
  const today = new Date().toISOString().slice(0, 11)
  expect(verdict.reason.split(today)).toHaveLength(4)
  expect(verdict.reason).toMatch(/^took its worker down 3 times, begun at \S+Z, \S+Z, \S+Z: set aside, not scored$/)
  expect(await evaluateHere('good')).toMatchObject({ verdict: 'scored', score: 7 })
  expect(await evaluateHere('poison')).toMatchObject({ verdict: 'unresolved' })
})

test('a verdict ends the count', async () => {
  const { hire, hasBegun, release, evaluateHere, deathsOf, journal } = await workshop()
  const killed = hire('slow')
  await until(hasBegun, 'the candidate has begun')
  killed.worker.kill('SIGKILL')
  await killed.ended
  expect(await evaluateHere('good')).toMatchObject({ verdict: 'scored' })
  expect(await deathsOf('slow')).toHaveLength(1)
  release()
  expect(await evaluateHere('slow')).toMatchObject({ verdict: 'scored' })
  expect(readdirSync(journal.folder)).toEqual([])
})

test('a worker that was told to stop, or whose candidate waited, dies without a word against it', async () => {
  const { machine, job, hire, hasBegun, journal } = await workshop()
  const told = hire('slow')
  await until(hasBegun, 'the candidate has begun')
  told.worker.kill('SIGTERM')
  await until(() => readdirSync(journal.folder).length === 0, 'the entry is withdrawn')
  told.worker.kill('SIGKILL')
  await told.ended

  const holder = new AbortController()
  const held: string[] = []
  const holding = evaluateOnce(machine, await job('import time\ndef evaluate(p):\n    time.sleep(60)\n'), {
    signal: holder.signal,
    onPhase: (phase) => held.push(phase),
  })
  await until(() => held.includes('starting'), 'the device is taken')
  const waits = hire('poison')
  await until(() => waits.phases.includes('waiting for the device'), 'the candidate waits')
  waits.worker.kill('SIGKILL')
  await waits.ended
  expect(hasBegun()).toBe(false)
  holder.abort(new Error('enough'))
  await expect(holding).rejects.toThrow('enough')
})

test('a candidate that cannot be entered is not started', async () => {
  const { evaluateHere, journal } = await workshop()
  rmSync(journal.folder, { recursive: true })
  writeFileSync(journal.folder, 'a file where the folder should be')
  await expect(evaluateHere('good')).rejects.toMatchObject({ type: 'JournalUnavailable', nonRetryable: false })
})

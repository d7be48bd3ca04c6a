import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { CancelledFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, test } from 'vitest'
import { createEvaluationActivities } from '../../activities/evaluation/evaluate.ts'
import { evaluateOnce } from '../../activities/evaluation/evaluate-once.ts'
import { openJournal } from '../../activities/evaluation/journal.ts'
import type { EvaluateInput } from '../../temporal/evaluation.ts'
import { bench, isAlive, linesOf, pythonFamily, repoRoot, until } from './fixture.ts'

/** Hangs with a descendant that ignores SIGTERM, one in a session of its own, and an orphan of a dead parent. */
const hangingFamily = `${pythonFamily}
def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

def orphan():
    os.setsid()
    deaf()
    if os.fork() > 0:
        os._exit(0)

def evaluate(program_path):
    note(os.getpid())
    note("in " + os.getcwd())
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for prepare in (deaf, os.setsid, orphan):
        descendant(prepare)
    note("hanging")
    while True:
        time.sleep(60)
`
const pidsIn = (file: string): number[] => linesOf(file).flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : []))

/** Processes below one that run an evaluator, their launchers left out. */
const evaluatorsBelow = (root: number): number[] => {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  const processes = lines.map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [])
  const parents = new Map(processes.map(([, pid, parent]) => [Number(pid), Number(parent)]))
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0))
  return processes.flatMap(([, pid, , args = '']) =>
    /^\S*python\S* -u \S*call_evaluator\.py --early$/.test(args) && isBelow(Number(pid)) ? [Number(pid)] : [],
  )
}

const isHanging = (file: string) => () => linesOf(file).includes('hanging') && pidsIn(file).length === 4

describe('nothing is left running', () => {
  test('within five seconds of the deadline', async () => {
    const { machine, job, notes } = await bench()
    const verdict = await evaluateOnce(machine, await job(hangingFamily, { timeoutSeconds: 2 }))
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'timeout' })
    expect(verdict.seconds).toBeGreaterThanOrEqual(2)
    expect(verdict.seconds).toBeLessThan(7)
    expect(pidsIn(notes)).toHaveLength(4)
    expect(pidsIn(notes).filter(isAlive)).toEqual([])
  })

  test('after an evaluation that ended well', async () => {
    const { machine, job, notes } = await bench()
    const evaluator = `${pythonFamily}
def evaluate(program_path):
    descendant(os.setsid)
    return {"score": 1}
`
    expect(await evaluateOnce(machine, await job(evaluator))).toMatchObject({ verdict: 'scored' })
    expect(pidsIn(notes)).toHaveLength(1)
    expect(pidsIn(notes).filter(isAlive)).toEqual([])
  })

  test.runIf(process.platform === 'linux')('of a process that forks and exits without end', async () => {
    const { machine, job, notes } = await bench()
    // Beats as long as it lives, which would be 20 s.
    const evaluator = `${pythonFamily}
def evaluate(program_path):
    if os.fork() == 0:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if os.fork() > 0:
                os._exit(0)
            os.setsid()
            os.utime(NOTES)
    time.sleep(0.2)
    return {"score": 1}
`
    await writeFile(notes, '')
    expect(await evaluateOnce(machine, await job(evaluator))).toMatchObject({ verdict: 'scored' })
    const lastBeat = statSync(notes).mtimeMs
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(statSync(notes).mtimeMs).toBe(lastBeat)
  })

  test.runIf(process.platform === 'linux')(
    'after kill -9 of the launcher, which says nothing about the program',
    async () => {
      const { machine, job, notes } = await bench()
      const evaluator = `${pythonFamily}
def evaluate(program_path):
    note(os.getpid())
    note(os.getppid())
    time.sleep(60)
`
      const evaluating = evaluateOnce(machine, await job(evaluator))
      await until(() => pidsIn(notes).length === 2, 'the evaluation has begun')
      const [evaluation = 0, launcher = 0] = pidsIn(notes)
      process.kill(launcher, 'SIGKILL')
      await expect(evaluating).rejects.toMatchObject({ type: 'EvaluationLost', nonRetryable: false })
      await until(() => !isAlive(evaluation), 'the evaluation is gone', 5)
    },
  )

  test('after kill -9 of the worker', async () => {
    const { machine, job, notes } = await bench()
    const script = `
      import { evaluateOnce } from '${repoRoot}/activities/evaluation/evaluate-once.ts'
      await evaluateOnce(...JSON.parse(process.argv[1]))
    `
    const jobs = JSON.stringify([machine, await job(hangingFamily, { timeoutSeconds: 300 })])
    const worker = spawn(process.execPath, ['--input-type=module', '-e', script, jobs], { stdio: 'inherit' })
    await until(isHanging(notes), 'the evaluation hangs')
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    await until(() => pidsIn(notes).every((pid) => !isAlive(pid)), 'the evaluation is gone', 6)
    const scratch =
      linesOf(notes)
        .find((line) => line.startsWith('in '))
        ?.slice(3) ?? notes
    await until(() => !existsSync(scratch), 'the scratch folder is gone', 6)
    // The device is free again.
    expect(await evaluateOnce(machine, await job('def evaluate(path): return {"score": 1}'))).toMatchObject({
      score: 1,
    })
  })
})

describe('the device', () => {
  test('belongs to one evaluation at a time, and waiting for it does not count', async () => {
    const { machine, job, notes } = await bench()
    const evaluator = `${pythonFamily}
def evaluate(program_path):
    note("begin")
    time.sleep(0.6)
    note("end")
    return {"score": 1}
`
    const phases: string[] = []
    const once = async () =>
      evaluateOnce(machine, await job(evaluator, { timeoutSeconds: 1.5 }), { onPhase: (phase) => phases.push(phase) })
    const verdicts = await Promise.all([once(), once(), once(), once()])
    expect(verdicts.map((verdict) => verdict.verdict)).toEqual(['scored', 'scored', 'scored', 'scored'])
    expect(linesOf(notes)).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end', 'begin', 'end'])
    expect(phases.filter((phase) => phase === 'waiting for the device').length).toBeGreaterThanOrEqual(1)
    const times = verdicts.map(({ startedAt, seconds }) => [startedAt, startedAt + seconds * 1000] as const)
    times.sort(([a], [b]) => a - b)
    for (const [index, [, end]] of times.entries()) {
      expect(times[index + 1]?.[0] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(end - 5)
    }
  })

  test('is waited for with a Python that is up, does nothing yet, and goes where nobody wants it', async () => {
    const { machine, job, notes } = await bench()
    const release = `${notes}.release`
    const evaluator = `${pythonFamily}
note("loaded")

def evaluate(program_path):
    note("begin")
    while not os.path.exists(NOTES + ".release"):
        time.sleep(0.01)
    return {"score": 1}
`
    const first = evaluateOnce(machine, await job(evaluator))
    await until(() => linesOf(notes).length === 2, 'the first has begun')
    const wanted = evaluateOnce(machine, await job(evaluator))
    const unwanted = new AbortController()
    const given = evaluateOnce(machine, await job(evaluator), { signal: unwanted.signal })
    await until(() => evaluatorsBelow(process.pid).length === 3, 'two wait')
    unwanted.abort(new Error('not needed any more'))
    await expect(given).rejects.toThrow('not needed any more')
    expect(evaluatorsBelow(process.pid)).toHaveLength(2)
    expect(linesOf(notes)).toEqual(['loaded', 'begin'])
    await writeFile(release, '')
    expect(await Promise.all([first, wanted])).toMatchObject([{ verdict: 'scored' }, { verdict: 'scored' }])
    expect(linesOf(notes)).toEqual(['loaded', 'begin', 'loaded', 'begin'])
  })

  test('is given back by a cancelled evaluation, and one that waits can be cancelled', async () => {
    const { machine, job, notes } = await bench()
    const holder = new AbortController()
    const waiter = new AbortController()
    const held = evaluateOnce(machine, await job(hangingFamily), { signal: holder.signal })
    await until(isHanging(notes), 'the first holds the device')
    const phases: string[] = []
    const waits = evaluateOnce(machine, await job(hangingFamily), {
      signal: waiter.signal,
      onPhase: (phase) => phases.push(phase),
    })
    await until(() => phases.length > 0, 'the second waits')
    waiter.abort(new Error('not needed any more'))
    await expect(waits).rejects.toThrow('not needed any more')
    expect(phases).toEqual(['waiting for the device'])
    holder.abort(new Error('enough'))
    await expect(held).rejects.toThrow('enough')
    expect(pidsIn(notes)).toHaveLength(4)
    expect(pidsIn(notes).filter(isAlive)).toEqual([])
  })
})

describe('the activity', () => {
  const activity = async (evaluator: string) => {
    const { machine, notes } = await bench()
    const problem = {
      name: 'tiny',
      hash: 'ab'.repeat(32),
      config: {
        description: '',
        initialProgram: 'p.py',
        evaluator: 'function' as const,
        deterministic: true,
        run: {},
      },
      files: { 'evaluator.py': `NOTES = ${JSON.stringify(notes)}\n${evaluator}` },
    }
    const journal = await openJournal(machine.cacheFolder)
    const { evaluate } = createEvaluationActivities({ ...machine, journal, fetchProblem: async () => problem })
    const input: EvaluateInput = {
      id: 'initial',
      source: 'value = 7\n',
      hash: 'cd'.repeat(32),
      problem: { name: problem.name, hash: problem.hash },
      evolutionId: 'demo',
      seed: 1,
      timeoutSeconds: 60,
      options: { sandbox: 'limited' },
      compiledAbove: null,
      purpose: 'screening',
      confirmation: null,
    }
    const environment = new MockActivityEnvironment()
    const heartbeats: { phase: string; since: number }[] = []
    environment.on('heartbeat', (beat) => heartbeats.push(beat))
    return { environment, heartbeats, notes, run: () => environment.run(evaluate, input) }
  }

  test('evaluates, and its heartbeats say what it is doing', async () => {
    const { run, heartbeats } = await activity(`
import time
def evaluate(program_path):
    time.sleep(2.2)
    return {"score": 5}
`)
    expect(await run()).toMatchObject({ verdict: 'scored', score: 5 })
    expect([...new Set(heartbeats.map((beat) => beat.phase))]).toEqual(['preparing', 'starting', 'evaluate'])
    expect(heartbeats.filter((beat) => beat.phase === 'evaluate').length).toBeGreaterThanOrEqual(3)
  })

  test('is cancelled within ten seconds, as Temporal wants to see it', async () => {
    const { run, environment, notes } = await activity(hangingFamily)
    const running = run()
    await until(isHanging(notes), 'the evaluation hangs')
    const cancelled = Date.now()
    environment.cancel('CANCELLED')
    await expect(running).rejects.toBeInstanceOf(CancelledFailure)
    expect(Date.now() - cancelled).toBeLessThan(10_000)
    expect(pidsIn(notes).filter(isAlive)).toEqual([])
  })
})

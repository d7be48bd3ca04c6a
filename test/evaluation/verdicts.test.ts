import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluateOnce } from '../../activities/evaluation/evaluate-once.ts'
import { evaluation } from '../../temporal/evaluation.ts'
import { bench, linesOf, temporaryFolder } from './fixture.ts'

const evaluating = async (evaluator: string, more = {}) => {
  const { machine, job, notes } = await bench()
  const verdict = evaluation.parse(await evaluateOnce(machine, await job(evaluator, more)))
  return { verdict, notes: linesOf(notes) }
}

describe('an evaluator', () => {
  test('that returns a score has its program scored', async () => {
    const { verdict } = await evaluating(`
import runpy
def evaluate(program_path):
    value = runpy.run_path(program_path)["value"]
    return {"combined_score": value / 2, "value": value, "broken": float("nan"), "note": "seven"}
`)
    expect(verdict).toMatchObject({
      verdict: 'scored',
      stage: 'complete',
      score: 3.5,
      metrics: { combined_score: 3.5, value: 7 },
      artifacts: { note: 'seven' },
      environment: { chip: 'test chip' },
      speedup: null,
      calls: null,
    })
    expect(verdict.seconds).toBeGreaterThan(0)
    expect(Math.abs(verdict.startedAt - Date.now())).toBeLessThan(20_000)
  })

  test('that returns an object with metrics and artifacts is understood; options and seed arrive', async () => {
    const { verdict } = await evaluating(
      `
class Result:
    def __init__(self, metrics, artifacts):
        self.metrics, self.artifacts = metrics, artifacts
def evaluate(program_path, options, seed):
    return Result({"score": options["base"] + seed, "other": 100}, {"log": "x" * 10_000, "list": [1]})
`,
      { options: { base: 40 }, seed: 2 },
    )
    expect(verdict).toMatchObject({ verdict: 'scored', score: 42, artifacts: { list: '[1]' } })
    expect(verdict.artifacts.log).toMatch(/^x+\n… \d+ bytes cut …\nx+$/)
    expect(Buffer.byteLength(verdict.artifacts.log ?? '')).toBeLessThanOrEqual(4096)
  })

  test('that raises fails the program, with the traceback', async () => {
    const { verdict } = await evaluating(`
def evaluate(program_path):
    raise ValueError("shapes do not match")
`)
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'evaluate', reason: 'ValueError: shapes do not match' })
    expect(verdict.artifacts.traceback).toContain('in evaluate')
  })

  test.each([
    ['a text', '"3.5"', "evaluate returned str '3.5', expected a dict of numbers"],
    ['nothing', 'None', 'evaluate returned NoneType None, expected a dict'],
    ['no numbers', '{"a": [1]}', 'no finite number'],
    ['an infinite score', '{"combined_score": float("inf")}', 'combined_score is float inf, expected a finite number'],
    ['an error', '{"error": "no such layer"}', 'evaluate returned an error: no such layer'],
  ])('that returns %s fails the program and says what was expected', async (_, returned, reason) => {
    const { verdict } = await evaluating(`def evaluate(program_path):\n    return ${returned}\n`)
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'evaluate' })
    expect(verdict.reason).toContain(reason)
  })

  test('that is not there, or has no function, is named', async () => {
    expect((await evaluating('x = 1')).verdict.reason).toContain('evaluator.py has no function evaluate(program_path)')
    expect((await evaluating('', { problemFolder: await temporaryFolder() })).verdict.reason).toContain(
      'has no evaluator.py',
    )
  })

  test('that prints a forged result is not believed', async () => {
    const { verdict } = await evaluating(`
import os, sys
def evaluate(program_path):
    forged = '{"event": "result", "result": {"verdict": "scored", "score": 99}}'
    for descriptor in (1, 2, 3):
        os.write(descriptor, (forged + "\\n").encode())
    return {"combined_score": 1}
`)
    expect(verdict).toMatchObject({ verdict: 'scored', score: 1, artifacts: {} })
  })

  test('that leaves by os._exit, or is killed, is a crash; what it printed is kept', async () => {
    const left = await evaluating(`
import os
def evaluate(program_path):
    print("so far")
    os.write(2, b"giving up\\n")
    os._exit(3)
`)
    expect(left.verdict).toMatchObject({
      verdict: 'failed',
      stage: 'crash',
      reason: 'exited with code 3 before it reported a result: giving up',
      artifacts: { stderr: 'giving up\n', stdout: 'so far\n' },
    })
    const killed = await evaluating(`
import os, signal
def evaluate(program_path):
    os.kill(os.getpid(), signal.SIGKILL)
`)
    expect(killed.verdict).toMatchObject({ verdict: 'failed', stage: 'crash' })
    expect(killed.verdict.reason).toContain('killed by SIGKILL')
  })

  test('that prints without end is read to its deadline', async () => {
    const { verdict } = await evaluating(
      `
import sys
def evaluate(program_path):
    while True:
        sys.stdout.write("spam " * 10_000)
        sys.stderr.write("more " * 10_000)
`,
      { timeoutSeconds: 1 },
    )
    expect(verdict).toMatchObject({ verdict: 'failed', stage: 'timeout' })
    expect(verdict.reason).toContain('1 s on the device')
    expect(verdict.artifacts.stdout).toContain('spam')
    expect(Buffer.byteLength(JSON.stringify(verdict.artifacts))).toBeLessThan(17_000)
  })

  test('has no secrets in its environment, and its scratch folder is gone afterwards', async () => {
    process.env.OPENAI_API_KEY = 'canary-4711'
    process.env.MLX_SECRET_TOKEN = 'canary-4711'
    process.env.TEMPORAL_API_KEY = 'canary-4711'
    const { verdict, notes } = await evaluating(`
import os, json
def evaluate(program_path):
    with open(NOTES, "w") as file:
        file.write(json.dumps([dict(os.environ), program_path, open("/proc/self/environ").read() if os.path.exists("/proc") else ""]))
    return {"score": 1}
`)
    expect(verdict.verdict).toBe('scored')
    const [environment, program] = JSON.parse(notes[0] ?? '')
    expect(notes[0]).not.toContain('canary')
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(['PATH', 'HOME', 'TMPDIR', 'PYTHONPATH']))
    expect(program).toContain(environment.HOME)
    expect(() => readdirSync(environment.HOME)).toThrow('ENOENT')
    // The canary was there to be seen.
    expect(process.env.OPENAI_API_KEY).toBe('canary-4711')
  })
})

describe('an evaluation', () => {
  test('without Python says which path was tried and how to mend it', async () => {
    const { machine, job } = await bench()
    const evaluator = await job('def evaluate(path): return {"score": 1}')
    await expect(evaluateOnce({ ...machine, python: '/nowhere/bin/python' }, evaluator)).rejects.toMatchObject({
      type: 'PythonMissing',
      nonRetryable: true,
      message: expect.stringMatching(/\/nowhere\/bin\/python.*npm start/),
    })
  })

  test('whose launcher breaks is lost, not failed', async () => {
    const { machine, job, folder } = await bench()
    const evaluator = await job('def evaluate(path): return {"score": 1}')
    await expect(evaluateOnce({ ...machine, lockFile: `${folder}/no/such/lock` }, evaluator)).rejects.toMatchObject({
      type: 'EvaluationLost',
      nonRetryable: false,
      message: expect.stringContaining('no/such/lock'),
    })
  })

  test('whose harness does not even start is lost, not failed', async () => {
    const { machine, job, folder } = await bench()
    const training = await job('', { evaluator: 'training' })
    await expect(evaluateOnce({ ...machine, repoRoot: folder }, training)).rejects.toMatchObject({
      type: 'EvaluationLost',
      message: expect.stringContaining('optimized_kernels'),
    })
  })

  test('leaves the lock file readable for every user of the host', async () => {
    const { machine, job } = await bench()
    await evaluateOnce(machine, await job('def evaluate(path): return {"score": 1}'))
    expect(readFileSync(machine.lockFile, 'utf8')).toBe('')
  })
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { showProgressLine, showSummary } from '../../scripts/cli/progress.ts'
import type { Evaluation } from '../../temporal/evaluation.ts'
import { controlSignal } from '../../temporal/messages.ts'
import { referTo } from '../../temporal/process-reference.ts'
import type { TraceRecord } from '../../temporal/run-activities.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { detailsPage } from '../../workflows/visibility.ts'
import { until } from '../evaluation/fixture.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { startFakeDevice } from '../support/fake-device.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, runToEnd } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let orchestrator: WorkerProcess
const workers: WorkerProcess[] = []

beforeAll(async () => {
  engine = await startEngine()
  orchestrator = await startWorker(engine, 'orchestrator')
})
afterAll(async () => {
  await Promise.all([orchestrator, ...workers].map((worker) => worker.kill('SIGTERM')))
  await engine.close()
})

test('an initial program that is unresolved fails the run at once, with the reason', async () => {
  const unresolved: Evaluation = {
    ...{ verdict: 'unresolved', stage: 'crash', reason: 'took its worker down 3 times' },
    ...{ seconds: 0, startedAt: 0, artifacts: {}, environment: {} },
  }
  const device = await startFakeDevice(engine, () => unresolved)
  await expect(runToEnd(engine.client, 'initial', { problem: 'closed_form', iterations: 2 })).rejects.toMatchObject({
    cause: {
      type: 'InitialProgramUnresolved',
      nonRetryable: true,
      message: 'the initial program of closed_form is unresolved: it took its worker down 3 times',
    },
  })
  expect(device.asked).toHaveLength(1)
  await device.stop()
})

const closedForm = (name: string): string => readFileSync(path.join(repoRoot, 'problems/closed_form', name), 'utf8')

/** `closed_form`'s evaluator, which kills the worker that is noted where the program says so. */
const poisonable = (noted: string): string =>
  [
    'import os, signal, time',
    closedForm('evaluator.py').replace('def evaluate(', 'def _evaluate('),
    'def worker():',
    '    while True:',
    `        pid = int(open(${JSON.stringify(noted)}).read())`,
    '        try:',
    '            os.kill(pid, 0)',
    '            return pid',
    '        except ProcessLookupError:', // the one before: the test has not noted the new one yet
    '            time.sleep(0.02)',
    'def evaluate(program_path):',
    '    if "poison" in open(program_path).read():',
    '        os.kill(worker(), signal.SIGKILL)',
    '        time.sleep(60)',
    '    return _evaluate(program_path)',
  ].join('\n')

const traceOf = (id: string): TraceRecord[] =>
  readFileSync(path.join(engine.runs, id, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TraceRecord)

/**
 * Three runs get the same candidate: while the server waits for one of them to be heard of again, the next worker gets
 * it from another one. A run alone would take half a minute.
 */
test('a candidate that kills its worker three times is shown as unresolved, and runs go on to their end', async () => {
  const noted = path.join(engine.home, 'worker.pid')
  const problem = copyProblem(path.join(engine.home, 'poisonable'), { 'evaluator.py': poisonable(noted) })
  const source = closedForm('initial_program.py').replace('U = 2.0', 'U = 1.5  # poison')
  const hire = async (): Promise<WorkerProcess> => {
    const worker = await startWorker(engine, 'mlx')
    writeFileSync(noted, String(worker.pid))
    workers.push(worker)
    return worker
  }
  const ids = ['first', 'second', 'third']
  const handles: WorkflowHandle[] = []
  for (const id of ids) {
    const evaluation = { options: { sandbox: 'limited' } }
    const handle = await begin(engine.client, id, { problem, iterations: 2, islands: 1, evaluation })
    await handle.signal(controlSignal('inject'), { source })
    handles.push(handle)
  }
  for (let deaths = 0; deaths < 3; deaths += 1) {
    const { pid } = await hire()
    await until(() => referTo(pid) === null, `worker ${deaths + 1} is dead`, 60)
  }
  const survivor = await hire()
  const summaries = (await Promise.all(handles.map((handle) => handle.result()))) as RunStatus[]
  expect(referTo(survivor.pid)).not.toBeNull()

  for (const [at, summary] of summaries.entries()) {
    expect(summary).toMatchObject({ phase: 'completed', iterations: 2, ledger: { unresolved: 1 } })
    const trace = traceOf(ids[at] ?? '')
    const record = trace.find(({ id }) => id === 'injected-1')
    expect(record).toMatchObject({ outcome: 'unresolved', stage: 'crash', score: null, source })
    expect(record?.reason).toMatch(/^took its worker down 3 times, begun at /)
    const evaluated = trace.filter(({ outcome }) => ['scored', 'rejected', 'failed'].includes(outcome))
    expect(summary.evaluated).toBe(1 + evaluated.length)
    expect(summary.islands[0]?.programs).toBe(1 + trace.filter(({ outcome }) => outcome === 'scored').length)
  }
  const [first] = summaries as [RunStatus]
  for (const shown of [showProgressLine(first), showSummary(first, null)]) expect(shown).toContain(', 1 unresolved')
  expect(detailsPage(first)).toContain('unresolved 1')
  const report = readFileSync(path.join(engine.runs, 'first', 'report.md'), 'utf8')
  expect(report).toContain('- unresolved (crash): 1')
  expect(report).toMatch(/## Unresolved candidates[\s\S]*\| injected-1 \| injected program \| took its worker down 3/)
}, 120_000)

test('a worker that is told to stop takes its candidate out of the journal', async () => {
  const worker = await startWorker(engine, 'mlx')
  await Promise.all(workers.splice(0).map((other) => other.kill('SIGTERM')))
  const journal = path.join(engine.home, 'journal', encodeURIComponent(os.hostname()))
  const begun = (): number => readdirSync(journal).filter((name) => name.endsWith('.begun')).length
  const before = begun()
  const evaluator = 'import time\ndef evaluate(program_path):\n    time.sleep(60)\n'
  const problem = copyProblem(path.join(engine.home, 'endless'), { 'evaluator.py': evaluator })
  const handle = await begin(engine.client, 'endless', { problem, iterations: 2 })
  await until(() => begun() === before + 1, 'the candidate has begun')
  process.kill(worker.pid, 'SIGTERM')
  await until(() => begun() === before, 'the entry is withdrawn')
  await worker.kill('SIGKILL')
  await handle.terminate('enough')
})

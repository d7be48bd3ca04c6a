import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEvaluationActivities, defaultLockFile } from '../../activities/evaluation/evaluate.ts'
import { openJournal } from '../../activities/evaluation/journal.ts'
import { createGivenProposer } from '../../activities/mutation/given.ts'
import { createOfflineMutator } from '../../activities/mutation/offline.ts'
import { createRunActivities } from '../../activities/run/run-activities.ts'
import { createSelectionActivities } from '../../activities/selection/select.ts'
import { pythonPath } from '../../scripts/setup/paths.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import { controlSignal, problemQuery } from '../../temporal/messages.ts'
import { evolutionQueue, mlxQueue, mutationQueue } from '../../temporal/names.ts'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { workflowBundlePath } from '../../workers/bundle.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { copyProblem } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'

let engine: Engine
let runsFolder: string
const stops: (() => Promise<void>)[] = []

/** Workers in this process, on a server that knows none of the project's search attributes. */
beforeAll(async () => {
  engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 60 })
  runsFolder = path.join(engine.home, 'results')
  const { client } = engine
  const python = pythonPath()
  const connection = await NativeConnection.connect({ address: engine.address })
  const facts = async () => ({ mutator: 'offline' as const, searchAttributes: [], retentionDays: null })
  const run = createRunActivities({ client, problemRoots: [path.join(repoRoot, 'problems')], runsFolder, facts })
  const evaluation = createEvaluationActivities({
    python,
    lockFile: defaultLockFile(),
    cacheFolder: path.join(engine.home, 'cache'),
    repoRoot,
    environment: { chip: 'test' },
    journal: await openJournal(engine.home),
    fetchProblem: async (id) => (await client.workflow.getHandle(id).query(problemQuery)) as ProblemSnapshot,
  })
  const common = { connection, dataConverter: dataConverter() }
  const workers = [
    await Worker.create({
      ...common,
      taskQueue: evolutionQueue,
      workflowBundle: { codePath: await workflowBundlePath() },
      activities: { ...run, ...createSelectionActivities() },
    }),
    await Worker.create({
      ...common,
      taskQueue: mutationQueue,
      activities: { ...createOfflineMutator({ python }), ...createGivenProposer({ python }) },
    }),
    await Worker.create({ ...common, taskQueue: mlxQueue, activities: { ...evaluation } }),
  ]
  const running = workers.map((worker) => worker.run())
  stops.push(async () => {
    for (const worker of workers) worker.shutdown()
    await Promise.all(running)
    await connection.close()
  })
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await engine.close()
})

const result = async (id: string, input: Parameters<typeof begin>[2]): Promise<RunStatus> =>
  (await (await begin(engine.client, id, input)).result()) as RunStatus

test('a run works on a server without the search attributes', async () => {
  const input = { problem: 'closed_form', iterations: 2, islands: 1 }
  expect(await result('bare', input)).toMatchObject({ phase: 'completed', iterations: 2 })
})

test('a run that was told much by updates while paused continues as new and goes on', async () => {
  const handle = await begin(engine.client, 'told', { problem: 'closed_form', iterations: 6, islands: 2 })
  await handle.signal(controlSignal('pause'))
  await untilStatus(handle, ({ islands }) => islands.length > 0)
  const tell = (name: string, request: unknown) => handle.executeUpdate<string, [unknown]>(name, { args: [request] })
  for (let n = 0; n < 15; n += 1) await tell('pause', { reason: `reason ${n}` })
  await tell('resume', {})
  const summary = (await handle.result()) as RunStatus
  expect(summary).toMatchObject({ phase: 'completed', iterations: 6, problem: 'closed_form' })
})

test('a pause holds a run that has drawn everything, and it can still be extended', async () => {
  const handle = await begin(engine.client, 'held', { problem: 'closed_form', iterations: 2, islands: 1 })
  await handle.signal(controlSignal('pause'))
  await untilStatus(handle, ({ islands }) => islands.length > 0)
  const tell = (name: string, request: unknown) => handle.executeUpdate<string, [unknown]>(name, { args: [request] })
  await tell('resume', {})
  await tell('pause', {})
  await untilStatus(handle, ({ iterations }) => iterations === 2)
  await tell('extend', { iterations: 2 })
  await tell('resume', {})
  expect(await handle.result()).toMatchObject({ phase: 'completed', iterations: 4 })
})

test('results are withheld by nothing but the export itself, which is tried until the folder can be written', async () => {
  rmSync(runsFolder, { recursive: true, force: true })
  writeFileSync(runsFolder, 'a file where the folder should be')
  const handle = await begin(engine.client, 'unwritable', { problem: 'closed_form', iterations: 2, islands: 1 })
  const done = await untilStatus(handle, ({ phase }) => phase === 'completed')
  expect(done.iterations).toBe(2)
  rmSync(runsFolder)
  mkdirSync(runsFolder)
  await handle.result()
  const trace = readFileSync(path.join(runsFolder, 'unwritable', 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(trace).toHaveLength(2) // recovered from history
})

describe('feature dimensions that evaluations report', () => {
  const evaluator = (condition: string): string =>
    [
      'import importlib.util',
      'def evaluate(program_path):',
      '    spec = importlib.util.spec_from_file_location("program", program_path)',
      '    program = importlib.util.module_from_spec(spec)',
      '    spec.loader.exec_module(program)',
      '    result = {"combined_score": program.X}',
      `    if ${condition}:`,
      '        result["speed"] = 0.5',
      '    return result',
    ].join('\n')
  const features = [{ name: 'speed', min: 0, max: 1, bins: 4 }]

  test('one that the initial program does not report fails the run at once, named', async () => {
    const problem = copyProblem(path.join(engine.home, 'never'), { 'evaluator.py': evaluator('False') })
    const input = { problem, iterations: 2, islands: 1, selection: { features } }
    await expect(result('never', input)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('selection.features: programs have no "speed"') },
    })
  })

  test('one that a later program leaves out does not hold the run', async () => {
    const initial = /X = (\S+)/.exec(
      readFileSync(path.join(repoRoot, 'problems/closed_form/initial_program.py'), 'utf8'),
    )
    const problem = copyProblem(path.join(engine.home, 'once'), {
      'evaluator.py': evaluator(`program.X == ${initial?.[1]}`),
    })
    const input = { problem, iterations: 10, islands: 1, seed: 2, selection: { features } }
    expect(await result('once', input)).toMatchObject({ phase: 'completed', iterations: 10 })
  })
})

test('carried state cannot be handed in from outside', async () => {
  const handle = await engine.client.workflow.start('evolution', {
    workflowId: 'forged',
    taskQueue: evolutionQueue,
    args: [{ carried: {} }],
  })
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/problem: .*; carried: unknown/) },
  })
})

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { pythonPath } from '../../scripts/setup/paths.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import { workflowBundlePath } from '../../workers/bundle.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { copyProblem, loggingEvaluator } from '../support/problem.ts'
import { begin, untilStatus } from '../support/runs.ts'
import { startWorker, type WorkerProcess } from '../support/workers.ts'

let engine: Engine
let orchestrator: WorkerProcess
let mlx: WorkerProcess

beforeAll(async () => {
  engine = await startEngine()
  ;[orchestrator, mlx] = await Promise.all([startWorker(engine, 'orchestrator'), startWorker(engine, 'mlx')])
})
afterAll(async () => {
  await Promise.all([orchestrator.kill('SIGTERM'), mlx.kill('SIGTERM')])
  await engine.close()
})

// A busy machine takes its time to replay what was settled in one go.
const answerMs = 150_000

/** While nobody orchestrates, generations of several islands end, and are all settled in one go afterwards. */
test('a run goes on with each next orchestrator, and its history can be replayed', async () => {
  const evaluator = loggingEvaluator(path.join(engine.home, 'log'))
  const problem = copyProblem(path.join(engine.home, 'logged'), { 'evaluator.py': evaluator })
  const handle = await begin(engine.client, 'restarted', { problem, iterations: 54, islands: 6 })
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    const { iterations } = await untilStatus(handle, ({ evaluated }) => evaluated > 0, answerMs)
    await untilStatus(handle, (status) => status.iterations > iterations, answerMs)
    await orchestrator.kill(signal)
    orchestrator = await startWorker(engine, 'orchestrator')
  }
  expect(await handle.result()).toMatchObject({ phase: 'completed', iterations: 54 })
  const workflowBundle = { codePath: await workflowBundlePath() }
  await Worker.runReplayHistory(
    { workflowBundle, dataConverter: dataConverter() },
    await handle.fetchHistory(),
    'restarted',
  )
}, 400_000)

/** A Python that hangs the first time it is started, and notes every time. */
const hangingPython = (file: string, started: string): string => {
  const lines = [`echo >> ${started}`, `[ $(wc -l < ${started}) -gt 1 ] || exec sleep 30`, `exec ${pythonPath()} "$@"`]
  writeFileSync(file, ['#!/bin/sh', ...lines].join('\n'), { mode: 0o755 })
  return file
}

test('what an orchestrator was at when it died begins again soon after the next one is there', async () => {
  const started = path.join(engine.home, 'started')
  const times = () => (existsSync(started) ? readFileSync(started, 'utf8').length : 0)
  const python = { MLX_EVOLVE_PYTHON_BIN: hangingPython(path.join(engine.home, 'python'), started) }
  await orchestrator.kill('SIGTERM')
  orchestrator = await startWorker(engine, 'orchestrator', python)
  const handle = await begin(engine.client, 'begun', { problem: 'closed_form', iterations: 1, islands: 1 })
  await vi.waitFor(() => expect(times()).toBe(1), 60_000)
  await orchestrator.kill('SIGKILL')
  orchestrator = await startWorker(engine, 'orchestrator', python)
  await vi.waitFor(() => expect(times()).toBe(2), 10_000)
  expect(await handle.result()).toMatchObject({ phase: 'completed' })
})

import { afterAll, beforeAll, test } from 'vitest'
import path from 'node:path'
import { appendFileSync, writeFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { startEngine } from '/work/main/test/support/engine.ts'
import { copyProblem, loggingEvaluator } from '/work/main/test/support/problem.ts'
import { begin, untilStatus } from '/work/main/test/support/runs.ts'
import { startWorkers, startWorker } from '/work/main/test/support/workers.ts'
import { workflowBundlePath } from '/work/main/workers/bundle.ts'
let engine, workers, slow
beforeAll(async () => {
  engine = await startEngine(); workers = await startWorkers(engine)
  slow = copyProblem(path.join(engine.home, 'slow'), { 'evaluator.py': loggingEvaluator(path.join(engine.home, 'log'), 0.05) })
})
afterAll(async () => { await workers.stop(); await engine.close() })
test('replay', async () => {
  const bundle = { codePath: await workflowBundlePath() }
  const handle = await begin(engine.client, 'r', { problem: slow, iterations: 4000, seed: 7 })
  let orchestrator = workers.orchestrator
  for (let i = 0; i < 16; i++) {
    const before = (await untilStatus(handle, (s) => s.evaluated > 0)).iterations
    await untilStatus(handle, (s) => s.iterations > before + (i % 3))
    await orchestrator.kill(i % 4 === 3 ? 'SIGKILL' : 'SIGTERM')
    const history = await handle.fetchHistory()
    const result = await Worker.runReplayHistory({ workflowBundle: bundle, replayName: 'x' }, history, 'r').then(() => 'ok', (e) => String(e).slice(0, 600))
    appendFileSync('/tmp/clih/restart.out', `${i} ${history.events.length} ${result}\n`)
    if (result !== 'ok') { writeFileSync('/tmp/clih/bad-history.json', historyToJSON(history)); break }
    orchestrator = await startWorker(engine, 'orchestrator')
  }
  await handle.terminate()
  await orchestrator.kill('SIGTERM')
}, 200000)

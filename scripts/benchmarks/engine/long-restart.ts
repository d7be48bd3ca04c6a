/**
 * How soon does a run go on whose orchestrator dies late in an execution? The next one replays the execution's history within
 * one workflow task. Kills an orchestrator at so many events, starts another, and prints a Markdown table.
 *
 *     npx node scripts/benchmarks/engine/long-restart.ts [--events 1400]
 *
 * About a minute.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { Command } from 'commander'
import { closing } from './bed.ts'
import { startInstantEngine } from './instant-engine.ts'

const { events } = new Command()
  .option(
    '--events <n>',
    'after which the orchestrator is killed; fewer than those that make a run continue as new',
    Number,
    1400,
  )
  .parse()
  .opts<{ events: number }>()

const limitMs = 120_000

/** Workflow tasks that timed out, that of whoever was killed among them, or null while none has ended in time. */
const timedOut = async (execution: WorkflowHandle, before: number): Promise<number | null> => {
  const history = await execution.fetchHistory()
  const since = (history.events ?? []).slice(before)
  const done = since.findIndex((event) => event.workflowTaskCompletedEventAttributes)
  return done < 0 ? null : since.slice(0, done).filter((event) => event.workflowTaskTimedOutEventAttributes).length
}

const closer = closing()
try {
  const { bed, orchestrator, start, startNext } = await startInstantEngine(closer)
  await start({ iterations: 5000 })
  const { runId } = await bed.client.workflow.getHandle('run').describe()
  const execution = bed.client.workflow.getHandle('run', runId)
  while ((await execution.describe()).historyLength < events) await delay(100)

  process.kill(orchestrator.pid, 'SIGKILL')
  const killed = performance.now()
  const { historyLength, historySize = 0 } = await execution.describe()
  await startNext()
  let late: number | null = null
  while (late === null && performance.now() - killed < limitMs) {
    await delay(200)
    late = await timedOut(execution, historyLength)
  }
  const seconds = ((performance.now() - killed) / 1000).toFixed(1)
  console.log('| events | MiB | workflow tasks that timed out | goes on after the kill, s |')
  console.log('|---|---|---|---|')
  console.log(
    `| ${historyLength} | ${(historySize / 2 ** 20).toFixed(1)} | ${late ?? 'all'} | ${late === null ? '-' : seconds} |`,
  )
  await bed.client.workflow.getHandle('run').terminate('measured')
} finally {
  await closer.close()
}

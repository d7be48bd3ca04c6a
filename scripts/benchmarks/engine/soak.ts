/**
 * A long run on a model and a device that take no time, whose closed histories are deleted under it. It has to finish with
 * several continue-as-news, flat memory of the worker, and no history beyond what the server warns of. Prints what was seen;
 * exit code 1 where it does not hold. Linux only: memory is read from /proc.
 *
 *     npx node scripts/benchmarks/engine/soak.ts [--iterations 10000]
 *
 * About 10 minutes.
 */
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { startRun } from '../../cli/start-run.ts'
import { type Bed, closing, startBed, startCompanion, startModel, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { readMilestones } from './milestones.ts'

const { iterations } = new Command()
  .option('--iterations <n>', '', Number, 10_000)
  .parse()
  .opts<{ iterations: number }>()

/** The server's defaults for its warnings. */
const warned = { events: 10_240, megabytes: 10 }
const warmUp = 1000
const growth = 1.2
const leastContinued = 5

interface Histories {
  /** Of the run's own executions. */
  executions: number
  deleted: number
  longest: number
  largestMegabytes: number
}

/** Looks at every closed history and deletes it. */
const deleteClosed = async (client: Client, seen: Histories): Promise<void> => {
  const { namespace } = client.options
  for await (const { workflowId, runId, type, historyLength, historySize } of client.workflow.list({
    query: "ExecutionStatus != 'Running'",
  })) {
    if (type === 'evolution') seen.executions += 1
    seen.longest = Math.max(seen.longest, historyLength)
    seen.largestMegabytes = Math.max(seen.largestMegabytes, (historySize ?? 0) / 1e6)
    const workflowExecution = { workflowId, runId }
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution })
    seen.deleted += 1
  }
}

const runUnder = async ({ client }: Bed, problem: string, seen: Histories): Promise<RunStatus> => {
  await startRun(client, 'soak', { problem, iterations, candidatesPerGeneration: 4, mutation: { mutator: 'model' } })
  let over = false
  const result = client.workflow
    .getHandle('soak')
    .result()
    .finally(() => {
      over = true
    })
  while (!over) {
    await delay(5000)
    if (!over) await deleteClosed(client, seen)
  }
  return (await result) as RunStatus
}

const { later, close } = closing()
try {
  const model = await startModel(0)
  later(model.stop)
  const bed = await startBed()
  later(bed.close)
  const problem = await writeProblem(path.join(bed.home, 'problem'), 0, '')
  const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
  later(orchestrator.stop)
  const log = path.join(bed.home, 'milestones.jsonl')
  const watched = [`server=${bed.serverPid}`, `orchestrator=${orchestrator.pid}`]
  const device = await startCompanion([path.join(import.meta.dirname, 'instant-device.ts'), log, ...watched], /polls/)
  later(device.stop)

  const seen: Histories = { executions: 0, deleted: 0, longest: 0, largestMegabytes: 0 }
  const status = await runUnder(bed, problem, seen)
  await deleteClosed(bed.client, seen)

  const memory = readMilestones(log).map(({ evaluated, memory: { orchestrator: used = 0 } }) => ({ evaluated, used }))
  const settled = memory.filter(({ evaluated }) => evaluated >= warmUp).map(({ used }) => used)
  const least = Math.min(...settled.slice(0, 5))
  const most = Math.max(...settled.slice(-5))
  const claims: [string, string, boolean][] = [
    ['run', `${status.phase}, ${status.iterations} iterations in ${status.seconds} s`, status.phase === 'completed'],
    ['continue-as-news', String(seen.executions - 1), seen.executions - 1 >= leastContinued],
    ['closed histories deleted under it', String(seen.deleted), seen.deleted > 0],
    ['longest history, events', `${seen.longest} of ${warned.events}`, seen.longest < warned.events],
    [
      'largest history, MB',
      `${seen.largestMegabytes.toFixed(1)} of ${warned.megabytes}`,
      seen.largestMegabytes < warned.megabytes,
    ],
    [
      `orchestrator's memory, MB, after ${warmUp} evaluations and at the end`,
      `${least.toFixed(0)}, ${most.toFixed(0)}`,
      most <= growth * least,
    ],
  ]
  console.log('| | seen | holds |')
  console.log('|---|---|---|')
  for (const [what, found, holds] of claims) console.log(`| ${what} | ${found} | ${holds ? 'yes' : '**no**'} |`)
  process.exitCode = claims.every(([, , holds]) => holds) ? 0 : 1
} finally {
  await close()
}

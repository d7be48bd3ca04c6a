/**
 * A long run on a model and a device that take no time, whose closed histories are deleted under it. It has to finish with
 * several continue-as-news, flat memory of the orchestrator, and no history beyond what the server warns of. Prints what was
 * seen; exit code 1 where it does not hold. Linux only: memory is read from /proc.
 *
 *     npx node scripts/benchmarks/engine/soak.ts [--iterations 10000]
 *
 * About 15 minutes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { Command } from 'commander'
import type { RunStatus } from '../../../temporal/run-status.ts'
import { closing } from './bed.ts'
import { deleteClosed, type Histories, lookAtClosed } from './closed-histories.ts'
import { startInstantEngine } from './instant-engine.ts'
import type { Milestone } from './milestones.ts'

const { iterations } = new Command()
  .option('--iterations <n>', 'candidates of the run', Number, 10_000)
  .parse()
  .opts<{ iterations: number }>()

/** The server's defaults for its warnings. */
const warned = { events: 10_240, bytes: 10 * 2 ** 20 }
const leastContinued = 5
const population = 1000
/** As many as by default. */
const islands = 4
/** Candidates after which memory has to be flat, and how flat. */
const warmUp = 1000
const growth = 1.2

/** Deletes closed histories until the run has ended. */
const runUnder = async (client: Client, seen: Histories): Promise<RunStatus> => {
  let over = false
  const result = client.workflow
    .getHandle('run')
    .result()
    .finally(() => {
      over = true
    })
  while (!over) {
    await Promise.race([result, delay(5000)])
    // The run's last execution stays: its result is still to be read.
    if (!over) await deleteClosed(client, seen)
  }
  return (await result) as RunStatus
}

/** Megabytes, averaged over so many milestones from there on: a garbage collector's saw has teeth. */
const averageFrom = (used: number[], from: number, count: number): number =>
  used
    .slice(from)
    .slice(0, count)
    .reduce((sum, megabytes) => sum + megabytes / count, 0)

const memoryOf = (milestones: Milestone[]): { early: number; late: number; most: number } => {
  const settled = milestones.filter(({ candidates }) => candidates >= warmUp)
  const used = settled.map(({ memory }) => memory.orchestrator ?? 0)
  return { early: averageFrom(used, 0, 10), late: averageFrom(used, -10, 10), most: Math.max(...used) }
}

const judge = (
  status: RunStatus,
  seen: Histories,
  left: number,
  milestones: Milestone[],
): [string, string, boolean][] => {
  const { early, late, most } = memoryOf(milestones)
  const { events, bytes } = warned
  const continued = seen.executions - 1
  const closed = status.islands.reduce((sum, { generation }) => sum + generation, seen.executions)
  const [shown, limit] = [seen.largest, bytes].map((size) => (size / 2 ** 20).toFixed(1))
  return [
    ['run', `${status.phase}, ${status.iterations} iterations, ${status.seconds} s`, status.phase === 'completed'],
    ['continue-as-news', String(continued), continued >= leastContinued],
    ['histories closed, of them deleted under it', `${closed}, ${closed - left}`, closed - left > closed / 2],
    ['longest history, events', `${seen.longest}, warned of at ${events}`, seen.longest < events],
    ['largest history, MiB', `${shown}, warned of at ${limit}`, seen.largest < bytes],
    [
      `orchestrator's memory from candidate ${warmUp} on, MiB`,
      `${early.toFixed(0)} at first, ${late.toFixed(0)} at last, ${most.toFixed(0)} at most`,
      late <= growth * early,
    ],
  ]
}

const closer = closing()
try {
  const engine = await startInstantEngine(closer)
  await engine.start({ iterations, selection: { archiveSize: population / islands } })
  const seen: Histories = { told: new Set(), executions: 0, longest: 0, largest: 0 }
  const status = await runUnder(engine.bed.client, seen)
  const left = await lookAtClosed(engine.bed.client, seen)
  const claims = judge(status, seen, left, engine.milestones)
  console.log('| | seen | holds |')
  console.log('|---|---|---|')
  for (const [what, found, holds] of claims) console.log(`| ${what} | ${found} | ${holds ? 'yes' : '**no**'} |`)
  process.exitCode = claims.every(([, , holds]) => holds) ? 0 : 1
} finally {
  await closer.close()
}

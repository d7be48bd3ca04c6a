import path from 'node:path'
import type { Client } from '@temporalio/client'
import { type NativeConnection, Worker } from '@temporalio/worker'
import { chipQueue, machineFacts } from '../activities/evaluation/environment.ts'
import { createEvaluationActivities, defaultLockFile } from '../activities/evaluation/evaluate.ts'
import type { EvaluationMachine } from '../activities/evaluation/evaluate-once.ts'
import { type Journal, openJournal } from '../activities/evaluation/journal.ts'
import { dataConverter } from '../temporal/data-converter.ts'
import { problemQuery } from '../temporal/messages.ts'
import { mlxQueue } from '../temporal/names.ts'
import type { ProblemSnapshot } from '../temporal/problem.ts'
import { repoRoot } from './folders.ts'

export interface MlxWorkerOptions {
  connection: NativeConnection
  client: Client
  /** The Python that has MLX. */
  python: string
  /** Caches of problems and kernels, and the journal. */
  cacheFolder: string
  lockFile?: string
}

export interface MlxWorkers {
  workers: Worker[]
  queues: string[]
  /** What they evaluate on. */
  machine: EvaluationMachine
  /** What they have begun. */
  journal: Journal
}

const fetchProblem =
  (client: Client) =>
  async (evolutionId: string): Promise<ProblemSnapshot> => {
    const problem = await client.workflow.getHandle(evolutionId).query(problemQuery)
    if (problem === null) throw new Error(`run ${evolutionId} has no problem yet`)
    return problem
  }

/**
 * The workers of a machine that owns an accelerator: one on the queue `mlx`, one on the queue of its chip. Each has one
 * evaluation and prepares the next; the host-wide device lock keeps any two from overlapping.
 */
export const createMlxWorkers = async (options: MlxWorkerOptions): Promise<MlxWorkers> => {
  const { connection, client, python, cacheFolder, lockFile = defaultLockFile() } = options
  const environment = await machineFacts()
  const machine = { python, lockFile, cacheFolder: path.join(cacheFolder, 'mlx'), repoRoot, environment }
  const journal = await openJournal(cacheFolder)
  const activities = createEvaluationActivities({ ...machine, journal, fetchProblem: fetchProblem(client) })
  const queues = [mlxQueue, chipQueue(environment.chip ?? 'unknown')]
  const workers = await Promise.all(
    queues.map((taskQueue) =>
      Worker.create({
        connection,
        namespace: client.options.namespace,
        taskQueue,
        dataConverter: dataConverter(),
        activities,
        maxConcurrentActivityTaskExecutions: 2,
        // Cancellation travels with heartbeats: it must not wait for the default throttle of several seconds.
        maxHeartbeatThrottleInterval: '500ms',
        defaultHeartbeatThrottleInterval: '500ms',
        shutdownGraceTime: '20s',
        shutdownForceTime: '30s',
      }),
    ),
  )
  return { workers, queues, machine, journal }
}

import type { Client } from '@temporalio/client'
import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { createGivenProposer } from '../activities/mutation/given.ts'
import { createModelMutator } from '../activities/mutation/model.ts'
import { createOfflineMutator } from '../activities/mutation/offline.ts'
import { openReplyLedger } from '../activities/mutation/reply-ledger.ts'
import { createRunActivities } from '../activities/run/run-activities.ts'
import { createSelectionActivities } from '../activities/selection/select.ts'
import { dataConverter } from '../temporal/data-converter.ts'
import type { Mutator } from '../temporal/generation.ts'
import { homeFile } from '../temporal/home.ts'
import { evolutionQueue, mutationQueue } from '../temporal/names.ts'
import { readRetention } from '../temporal/retention.ts'
import { workflowBundlePath } from './bundle.ts'
import { problemRoots, runsFolder } from './folders.ts'
import { heartbeating } from './heartbeats.ts'
import { registerSearchAttributes } from './search-attributes.ts'

export interface OrchestratorOptions {
  connection: NativeConnection
  client: Client
  /** The Python that runs the offline mutator. */
  python: string
  log: Logger
  env?: NodeJS.ProcessEnv
}

/** What `mutator: auto` means with these variables: a key, or a server of one's own, means a model. */
export const mutatorFor = (env: NodeJS.ProcessEnv): Mutator =>
  env.OPENAI_API_KEY || env.OPENAI_BASE_URL ? 'model' : 'offline'

/**
 * The orchestrator's workers: workflows with the run's own activities, and mutation on a queue of its own.
 * The model key stays in this process.
 */
export const createOrchestrator = async (options: OrchestratorOptions): Promise<Worker[]> => {
  const { connection, client, python, log, env = process.env } = options
  const searchAttributes = await registerSearchAttributes(client, log)
  const { namespace } = client.options
  const evolution = await Worker.create({
    connection,
    namespace,
    taskQueue: evolutionQueue,
    dataConverter: dataConverter(env),
    workflowBundle: { codePath: await workflowBundlePath(env) },
    activities: {
      ...createRunActivities({
        client,
        problemRoots: problemRoots(env),
        runsFolder: runsFolder(env),
        facts: async () => ({ mutator: mutatorFor(env), searchAttributes, retentionDays: await readRetention(client) }),
      }),
      ...createSelectionActivities(),
    },
    ...heartbeating,
    // A worker that dies keeps its workflows no longer than this from the next one.
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  })
  const mutation = await Worker.create({
    connection,
    namespace,
    taskQueue: mutationQueue,
    dataConverter: dataConverter(env),
    activities: {
      ...createModelMutator({
        apiKey: env.OPENAI_API_KEY,
        replies: openReplyLedger(homeFile('replies.sqlite', env)),
        ...(env.OPENAI_BASE_URL ? { baseURL: env.OPENAI_BASE_URL } : {}),
      }),
      ...createOfflineMutator({ python }),
      ...createGivenProposer({ python }),
    },
    maxConcurrentActivityTaskExecutions: 32,
    ...heartbeating,
    // A reply under way is paid for: it gets time to arrive.
    shutdownGraceTime: '20s',
    shutdownForceTime: '25s',
  })
  return [evolution, mutation]
}

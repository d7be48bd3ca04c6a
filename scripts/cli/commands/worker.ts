import type { NativeConnection, Worker } from '@temporalio/worker'
import { type Command, Option } from 'commander'
import { connectClient, connectWorker } from '../../../temporal/connection.ts'
import { homeFolder } from '../../../temporal/home.ts'
import { createLogger, installRuntime } from '../../../temporal/logger.ts'
import { evolutionQueue, mutationQueue } from '../../../temporal/names.ts'
import { createMlxWorkers } from '../../../workers/mlx.ts'
import { createOrchestrator, mutatorFor } from '../../../workers/orchestrator.ts'
import { pythonPath } from '../../setup/paths.ts'
import { exitWithSupervisor } from '../../supervise/exit-with-supervisor.ts'

/** How long a worker waits for a server that is still starting. */
const serverWaitMs = 60_000

const runAll = (workers: Worker[]): Promise<unknown> => Promise.all(workers.map((worker) => worker.run()))

/** `worker orchestrator` and `worker mlx`: run until told to stop, then finish or hand back what is in flight. */
const runWorker = async (kind: 'orchestrator' | 'mlx', metricsAddress: string | undefined): Promise<void> => {
  const log = createLogger(kind)
  installRuntime({ logger: log, ...(metricsAddress === undefined ? {} : { metricsAddress }) })
  exitWithSupervisor()
  const client = await connectClient({ waitMs: serverWaitMs })
  const connection: NativeConnection = await connectWorker({ waitMs: serverWaitMs })
  try {
    const python = pythonPath()
    if (kind === 'orchestrator') {
      const workers = await createOrchestrator({ connection, client, python, log })
      log.info({ queues: [evolutionQueue, mutationQueue], mutator: mutatorFor(process.env) }, 'orchestrator polls')
      await runAll(workers)
    } else {
      const { workers, queues } = await createMlxWorkers({ connection, client, python, cacheFolder: homeFolder() })
      log.info({ queues }, 'mlx worker polls')
      await runAll(workers)
    }
    log.info('stopped')
  } finally {
    await connection.close()
    await client.connection.close()
  }
}

export const addWorker = (program: Command): void => {
  const worker = program.command('worker').description('run a worker until it is stopped')
  const metrics = () => new Option('--metrics <host:port>', 'serve the metrics of the Temporal SDK to Prometheus')
  worker
    .command('orchestrator')
    .description('workflows, mutation, selection, export; holds the model key')
    .addOption(metrics())
    .action(({ metrics: address }: { metrics?: string }) => runWorker('orchestrator', address))
  worker
    .command('mlx')
    .description('evaluation, on the machine that owns the accelerator')
    .addOption(metrics())
    .action(({ metrics: address }: { metrics?: string }) => runWorker('mlx', address))
}

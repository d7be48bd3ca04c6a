import type { Client } from '@temporalio/client'
import { type NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import { connectClient } from '../../temporal/connection.ts'
import { homeFolder } from '../../temporal/home.ts'
import { createLogger, installRuntime } from '../../temporal/logger.ts'
import { evolutionQueue, mutationQueue } from '../../temporal/names.ts'
import { connectWorker } from '../../temporal/worker-connection.ts'
import { assertHomeWritable } from '../../temporal/writable-home.ts'
import { calibrateAtStart } from '../../workers/calibration.ts'
import { keepAwake } from '../../workers/keep-awake.ts'
import { createMlxWorkers } from '../../workers/mlx.ts'
import { assertMlx } from '../../workers/mlx-python.ts'
import { createOrchestrator, mutatorFor } from '../../workers/orchestrator.ts'
import { pythonPath } from '../setup/paths.ts'
import { exitWithSupervisor } from '../supervise/exit-with-supervisor.ts'

/** How long a worker waits for a server that is still starting. */
const serverWaitMs = 60_000

const runAll = (workers: Worker[]): Promise<unknown> => Promise.all(workers.map((worker) => worker.run()))

const connectBoth = async (): Promise<{ client: Client; connection: NativeConnection }> => {
  try {
    const connection = await connectWorker({ waitMs: serverWaitMs })
    return { connection, client: await connectClient({ waitMs: serverWaitMs }) }
  } catch (error) {
    // A runtime without connections does not end by itself, and keeps the process alive.
    await Runtime.instance().shutdown()
    throw error
  }
}

/** `worker orchestrator` and `worker mlx`: run until told to stop, then finish or hand back what is in flight. */
export const runWorker = async (kind: 'orchestrator' | 'mlx', metricsAddress: string | undefined): Promise<void> => {
  exitWithSupervisor()
  await assertHomeWritable()
  const python = pythonPath()
  if (kind === 'mlx') await assertMlx(python)
  const log = createLogger(kind)
  installRuntime({ logger: log, ...(metricsAddress === undefined ? {} : { metricsAddress }) })
  const { client, connection } = await connectBoth()
  try {
    if (kind === 'orchestrator') {
      const workers = await createOrchestrator({ connection, client, python, log })
      log.info({ queues: [evolutionQueue, mutationQueue], mutator: mutatorFor(process.env) }, 'orchestrator polls')
      await runAll(workers)
    } else {
      const { workers, queues, machine, journal } = await createMlxWorkers({
        connection,
        client,
        python,
        cacheFolder: homeFolder(),
      })
      log.info({ queues }, 'mlx worker polls')
      keepAwake(log)
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, journal.withdraw)
      const stop = new AbortController()
      const calibrated = calibrateAtStart({ machine, log, signal: stop.signal })
      await runAll(workers).finally(() => stop.abort())
      await calibrated
    }
    log.info('stopped')
  } finally {
    await connection.close()
    await client.connection.close()
  }
}

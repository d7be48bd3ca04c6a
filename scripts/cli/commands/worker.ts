import { type Command, Option } from 'commander'

/** Loaded when it is wanted: every other command starts sooner without Temporal's worker package. */
const run = async (kind: 'orchestrator' | 'mlx', metricsAddress: string | undefined): Promise<void> => {
  const { runWorker } = await import('../run-worker.ts')
  await runWorker(kind, metricsAddress)
}

export const addWorker = (program: Command): void => {
  const worker = program.command('worker').description('run a worker until it is stopped')
  const metrics = () => new Option('--metrics <host:port>', 'serve the metrics of the Temporal SDK to Prometheus')
  worker
    .command('orchestrator')
    .description('workflows, mutation, selection, export; holds the model key')
    .addOption(metrics())
    .action(({ metrics: address }: { metrics?: string }) => run('orchestrator', address))
  worker
    .command('mlx')
    .description('evaluation, on the machine that owns the accelerator')
    .addOption(metrics())
    .action(({ metrics: address }: { metrics?: string }) => run('mlx', address))
}

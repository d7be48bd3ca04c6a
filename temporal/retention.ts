import type { Client, ConnectionLike } from '@temporalio/client'
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js'

const dayMs = 24 * 60 * 60 * 1000

/** How long the embedded server keeps closed runs: `resume`, `fork` and `export` read them. */
export const embeddedRetentionDays = 90

/** Days that the client's namespace keeps closed workflows; null where the server does not say. */
export async function readRetention(client: Client): Promise<number | null> {
  const { namespace } = client.options
  const { config } = await client.workflowService.describeNamespace({ namespace })
  const retention = config?.workflowExecutionRetentionTtl
  return retention ? tsToMs(retention) / dayMs : null
}

/** Sets how many days a namespace keeps closed workflows. Managed servers refuse. */
export async function setRetention(connection: ConnectionLike, namespace: string, days: number): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(days * dayMs) },
  })
}

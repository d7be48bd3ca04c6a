import type { Client } from '@temporalio/client'
import { connectClient, resolveConnection } from '../../temporal/connection.ts'
import { readServerRecord } from '../../temporal/server-record.ts'

/** Somebody waits in front of a terminal: a server that is up answers sooner. */
const waitMs = 5000

/** Runs `use` with a client of the configured server, and closes it. */
export const withClient = async <T>(use: (client: Client) => Promise<T>): Promise<T> => {
  const client = await connectClient({ waitMs })
  try {
    return await use(client)
  } finally {
    await client.connection.close()
  }
}

/** The run's page in the Temporal UI, where the UI's address is known: that of the embedded server. */
export const uiLink = (client: Client, id: string): string | null => {
  if (resolveConnection().source !== 'embedded') return null
  const ui = readServerRecord()?.uiAddress
  return ui === undefined ? null : `${ui}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(id)}`
}

import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { NativeConnectionOptions } from '@temporalio/worker'
import { readServerRecord } from './server-record.ts'

/** Where the server's address comes from. `embedded`: nobody named one, so it is our own dev server. */
export type ConnectionSource = 'environment' | 'profile' | 'embedded'

/** How to reach the Temporal server. */
export interface ResolvedConnection {
  connectionOptions: Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey' | 'metadata'>
  namespace: string
  source: ConnectionSource
  /** `host:port`. */
  address: string
}

const defaultAddress = 'localhost:7233'

/**
 * Reads Temporal's own environment configuration: `TEMPORAL_ADDRESS` and its kin, then the profile
 * (`TEMPORAL_PROFILE`, else `default`) of the config file (`TEMPORAL_CONFIG_FILE`, else the CLI's). Where neither names
 * a server it is the embedded one, at its recorded address.
 *
 * @throws Error if the config file or the profile cannot be read
 */
export function resolveConnection(env: NodeJS.ProcessEnv = process.env): ResolvedConnection {
  const { connectionOptions, namespace = 'default' } = loadProfile(env)
  const { address: named, apiKey, tls, metadata } = connectionOptions
  const source = env.TEMPORAL_ADDRESS ? 'environment' : named || env.TEMPORAL_PROFILE ? 'profile' : 'embedded'
  const address = named ?? (source === 'embedded' ? readServerRecord()?.address : undefined) ?? defaultAddress
  return {
    connectionOptions: {
      address,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tls === undefined ? {} : { tls }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    namespace,
    source,
    address,
  }
}

function loadProfile(env: NodeJS.ProcessEnv) {
  // An empty variable means unset, as in the CLI.
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]))
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const file = env.TEMPORAL_CONFIG_FILE || "the Temporal CLI's config file"
    throw new Error(`Temporal connection settings cannot be read (${file}): ${reason}`, { cause: error })
  }
}

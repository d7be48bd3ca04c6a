import { keyRingFromEnvironment } from '../../temporal/codec/key-ring.ts'
import { type CodecServer, startCodecServer } from '../../temporal/codec-server.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import { codecPort, type DevServer } from '../../temporal/dev-server.ts'
import type { OnEvent } from './events.ts'

/** Addresses under which a browser on this machine shows the UI of the embedded server. */
export const uiOrigins = (uiAddress: string): string[] => [uiAddress, uiAddress.replace('127.0.0.1', 'localhost')]

/**
 * Decompresses payloads for the UI of the embedded server; null where its port is taken, which the UI can live with. Where
 * payloads are encrypted there is none: it would decrypt for every process of this machine. `codec-server` is for that.
 */
export async function serveCodec(server: DevServer, onEvent: OnEvent): Promise<CodecServer | null> {
  const port = codecPort(Number(new URL(`tcp://${server.address}`).port))
  if (keyRingFromEnvironment() !== null) return null
  const { payloadCodecs: codecs = [] } = dataConverter()
  try {
    return await startCodecServer({
      codecs,
      port,
      host: '127.0.0.1',
      token: null,
      origins: uiOrigins(server.uiAddress),
    })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    onEvent({ what: 'codec-down', port })
    return null
  }
}

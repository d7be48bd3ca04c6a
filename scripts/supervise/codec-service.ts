import { type CodecServer, startCodecServer } from '../../temporal/codec-server.ts'
import { dataConverter } from '../../temporal/data-converter.ts'
import { codecPort, type DevServer } from '../../temporal/dev-server.ts'
import type { OnEvent } from './events.ts'

/** Addresses under which a browser on this machine shows the UI of the embedded server. */
export const uiOrigins = (uiAddress: string): string[] => [uiAddress, uiAddress.replace('127.0.0.1', 'localhost')]

/** Decodes payloads for the UI of the embedded server; null where its port is taken, which the UI can live with. */
export async function serveCodec(server: DevServer, onEvent: OnEvent): Promise<CodecServer | null> {
  const port = codecPort(Number(new URL(`tcp://${server.address}`).port))
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

import { once } from 'node:events'
import type { Command } from 'commander'
import { isLoopback, startCodecServer } from '../../../temporal/codec-server.ts'
import { dataConverter } from '../../../temporal/data-converter.ts'
import { readServerRecord } from '../../../temporal/server-record.ts'
import { uiOrigins } from '../../supervise/codec-service.ts'
import { UsageError } from '../failure.ts'
import { wholeNumber } from '../options.ts'

interface CodecServerCommand {
  host: string
  port: number
  ui: string[]
}

const defaultUi = 'http://127.0.0.1:8233'

const tokenOf = (host: string, env: NodeJS.ProcessEnv = process.env): string | null => {
  const token = env.MLX_EVOLVE_CODEC_TOKEN || null
  if (token !== null || isLoopback(host)) return token
  throw new UsageError(
    `--host ${host} lets other machines decode payloads: set MLX_EVOLVE_CODEC_TOKEN, which they must send`,
  )
}

/** What a browser calls the origin of a page at this address. */
const originOf = (address: string): string => {
  const origin = URL.parse(address)?.origin ?? 'null'
  if (origin !== 'null') return origin
  throw new UsageError(`--ui ${address}: expected an address such as https://temporal.example.com`)
}

const run = async ({ host, port, ui }: CodecServerCommand): Promise<void> => {
  const token = tokenOf(host)
  const origins = ui.length > 0 ? ui.map(originOf) : uiOrigins(readServerRecord()?.uiAddress ?? defaultUi)
  const { payloadCodecs: codecs = [] } = dataConverter()
  const server = await startCodecServer({ codecs, host, port, token, origins })
  const asked = token === null ? 'no token asked' : 'bearer token asked'
  console.log(`codec server at ${server.url}, ${asked}, for pages of ${origins.join(', ')}`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await server.close()
}

/** `codec-server`: decodes payloads for the UI and the CLI of a Temporal server that is not the embedded one. */
export const addCodecServer = (program: Command): void => {
  program
    .command('codec-server')
    .description('decode compressed and encrypted payloads for the UI and CLI of your own Temporal server')
    .option(
      '--host <address>',
      'address to listen at; beyond this machine MLX_EVOLVE_CODEC_TOKEN is needed',
      '127.0.0.1',
    )
    .option('--port <n>', 'port to listen at, 0 for any', wholeNumber(0, 65_535), 8234)
    .option('--ui <origins...>', 'origins of the UI that may ask (default: the embedded one)', [])
    .action(run)
}

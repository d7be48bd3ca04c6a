import { once } from 'node:events'
import type { Command } from 'commander'
import { startDevServer, stopDevServer } from '../../../temporal/dev-server.ts'
import { serveCodec } from '../../supervise/codec-service.ts'
import { wholeNumber } from '../options.ts'
import { say } from '../output.ts'
import { showEvent } from '../show-event.ts'

/** `server`: the embedded Temporal server alone, until Ctrl-C. */
export const addServer = (program: Command): void => {
  program
    .command('server')
    .description('run the embedded Temporal server until it is stopped')
    .option(
      '--port <n>',
      'port of the server; its UI takes the port 1000 above, the codec server the next one',
      wholeNumber(1, 64_534),
    )
    .action(async ({ port }: { port?: number }) => {
      const server = await startDevServer(port === undefined ? {} : { port })
      const codec = await serveCodec(server, (event) => say(showEvent(event), true))
      console.log(
        `Temporal server at ${server.address}${server.adopted ? ' (was running already)' : ''}, UI at ${server.uiAddress}`,
      )
      // Waiting for a signal alone would not keep the process alive.
      const alive = setInterval(() => {}, 2 ** 30)
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
      clearInterval(alive)
      await codec?.close()
      await stopDevServer()
    })
}

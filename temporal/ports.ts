import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A port that a server needs is taken. */
export class PortInUse extends Error {
  override name = 'PortInUse'
}

/**
 * Makes sure that a port on the loopback interface can be listened on.
 *
 * @param purpose what the port is for, e.g. `the Temporal server`
 * @param patienceMs how long to wait for it: a process that was killed keeps its ports for a moment
 * @throws PortInUse saying how to choose another
 */
export async function assertFree(port: number, purpose: string, patienceMs = 0): Promise<void> {
  const deadline = performance.now() + patienceMs
  do {
    if (await canListen(port)) return
    await delay(Math.min(50, patienceMs))
  } while (performance.now() < deadline)
  throw new PortInUse(
    `Port ${port}, which ${purpose} needs, is in use by another program. ` +
      'Choose another with MLX_EVOLVE_PORT (the UI takes that port + 1000), ' +
      'or set TEMPORAL_ADDRESS to use the Temporal server that is already there.',
  )
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })

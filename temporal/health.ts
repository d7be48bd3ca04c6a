import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Connection, isGrpcServiceError } from '@temporalio/client'

const attemptMs = 2000
const betweenMs = 50
const serving = 1

/** A healthy server: the identity it keeps in its database. */
export interface Health {
  clusterId: string
}

/**
 * Waits until a local server serves a namespace.
 *
 * @param worthwhile asked before every attempt; waiting ends when it says no, e.g. because the process has died
 * @returns null if it did not become healthy
 */
export async function untilHealthy(
  address: string,
  namespace: string,
  worthwhile: () => boolean,
): Promise<Health | null> {
  while (worthwhile()) {
    // A gRPC channel that was refused once backs off for a second; a bare TCP connection does not.
    const health = (await accepts(address)) ? await askHealth(address, namespace) : null
    if (health !== null) return health
    await delay(betweenMs)
  }
  return null
}

/** One question; null where the answer is not there yet. */
export async function askHealth(address: string, namespace: string): Promise<Health | null> {
  const connection = Connection.lazy({ address })
  try {
    return await connection.withDeadline(Date.now() + attemptMs, async () => {
      const { status } = await connection.healthService.check({
        service: 'temporal.api.workflowservice.v1.WorkflowService',
      })
      if (status !== serving) return null
      await connection.workflowService.describeNamespace({ namespace })
      return { clusterId: (await connection.workflowService.getClusterInfo({})).clusterId }
    })
  } catch (error) {
    // Refused, timed out, or the namespace is not there yet.
    if (isGrpcServiceError(error)) return null
    throw error
  } finally {
    await connection.close()
  }
}

function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: attemptMs })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}

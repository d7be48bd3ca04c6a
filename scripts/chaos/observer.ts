import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { isOutage } from '../cli/outage.ts'

/** A client that looks for its server again soon after it died: gRPC itself waits longer and longer. */
export const connectObserver = async (address: string): Promise<Client> => {
  const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 }
  return new Client({ connection: await Connection.connect({ address, channelArgs }) })
}

const patienceMs = 60_000
const betweenMs = 200

/** The result of a call that is made again while the server is away; its error after a minute. */
export const untilAnswered = async <T>(call: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + patienceMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isOutage(error) || Date.now() > deadline) throw error
    }
    await delay(betweenMs)
  }
}

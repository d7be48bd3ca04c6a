import type { SupervisorEvent } from '../supervise/events.ts'

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** What a supervisor did, in a line. */
export const showEvent = (event: SupervisorEvent): string => {
  switch (event.what) {
    case 'server-up':
      return `Temporal server ${event.adopted ? 'adopted' : 'started'} at ${event.address} (process ${event.pid})`
    case 'server-down':
      return `Temporal server (process ${event.pid}) has died; starting it again`
    case 'server-failed':
      return `Temporal server does not start: ${event.reason}; trying again in ${seconds(event.retryInMs)}`
    case 'codec-down':
      return `port ${event.port} is taken: the Temporal UI cannot show large payloads`
    case 'worker-up':
      return `${event.kind} worker started (process ${event.pid})`
    case 'worker-down':
      return `${event.kind} worker ${event.outcome} (process ${event.pid}, log ${event.log}); again in ${seconds(event.restartInMs)}`
  }
}

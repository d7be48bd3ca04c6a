import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker'

const everyMs = 1000

/** Heartbeats while an activity runs, where the server expects that. Local activities end with their workflow task. */
export const heartbeat: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      if (!context.info.heartbeatTimeoutMs) return next(input)
      const timer = setInterval(() => context.heartbeat(), everyMs)
      try {
        return await next(input)
      } finally {
        clearInterval(timer)
      }
    },
  },
})

/** Of a worker whose death is to be noticed within its activities' heartbeat timeout, whatever they do. */
export const heartbeating = {
  interceptors: { activity: [heartbeat] },
  maxHeartbeatThrottleInterval: everyMs,
} satisfies Partial<WorkerOptions>

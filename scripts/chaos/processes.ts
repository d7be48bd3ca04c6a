import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { homeFile } from '../../temporal/home.ts'
import type { SupervisorEvent } from '../supervise/events.ts'
import { superviseEmbedded } from '../supervise/supervise.ts'
import type { Victim } from './plan.ts'

/** A process that was killed, or that came to work; milliseconds since the epoch. */
export interface Happening {
  victim: Victim
  pid: number
  at: number
}

/** Server and workers as `mlx-evolve start` runs them: each a process of its own, started again when it dies. */
export interface Processes {
  address: string
  kills: Happening[]
  /** Workers that ended although nobody killed them, and how. */
  ended: string[]
  /** `kill -9`, as soon as there is a process of that kind. */
  kill(victim: Victim): Promise<void>
  /** When servers answered and workers polled. */
  arrivals(): Happening[]
  /** Ends all of them in order. */
  stop(): Promise<void>
}

const lookMs = 20

/** Starts them in this process's home folder. */
export const startProcesses = async (): Promise<Processes> => {
  const stopping = new AbortController()
  const running = new Map<Victim, number>()
  const kills: Happening[] = []
  const ended: string[] = []
  const servers: Happening[] = []
  const onEvent = (event: SupervisorEvent): void => {
    if (event.what === 'worker-up') running.set(event.kind, event.pid)
    if (event.what === 'worker-down') {
      running.delete(event.kind)
      if (!kills.some(({ pid }) => pid === event.pid)) ended.push(`${event.kind} (${event.outcome})`)
    }
    if (event.what === 'server-down') running.delete('server')
    if (event.what !== 'server-up') return
    running.set('server', event.pid)
    servers.push({ victim: 'server', pid: event.pid, at: Date.now() })
  }
  const { server, stopped } = await superviseEmbedded({ server: true, signal: stopping.signal, onEvent })
  stopped.catch(() => stopping.abort()) // thrown again by stop()
  if (server === null) throw new Error('the dev server is not ours to kill')
  return {
    address: server.address,
    kills,
    ended,
    kill: async (victim) => {
      while (!running.has(victim)) await delay(lookMs, undefined, { signal: stopping.signal })
      const pid = running.get(victim) ?? 0
      running.delete(victim)
      process.kill(pid, 'SIGKILL')
      kills.push({ victim, pid, at: Date.now() })
    },
    arrivals: () => [...servers, ...pollers('orchestrator'), ...pollers('mlx')],
    stop: async () => {
      stopping.abort()
      await stopped
    },
  }
}

/** Workers say in their log that they poll. */
const pollers = (victim: 'orchestrator' | 'mlx'): Happening[] => {
  const log = homeFile(`${victim}.log`)
  if (!existsSync(log)) return []
  const lines = readFileSync(log, 'utf8').split('\n')
  return lines
    .filter((line) => /"msg":"\w+( worker)? polls"/.test(line))
    .map((line) => {
      const { pid, time } = JSON.parse(line) as { pid: number; time: number }
      return { victim, pid, at: time }
    })
}

import { pause } from '../supervise/pause.ts'
import { type PlannedKill, victimOf } from './plan.ts'
import type { Processes } from './processes.ts'

const lookMs = 20

/** What a plan is carried out by. */
export interface Scene {
  processes: Pick<Processes, 'kill'>
  /** Different model calls asked for so far. */
  calls: () => number
  /** Hash of the program that was evaluated last, or is now. */
  candidate: () => string | null
}

/** Kills as planned, until the signal is given. */
export const disturb = async (plan: PlannedKill[], scene: Scene, signal: AbortSignal): Promise<void> => {
  const diedWith: string[] = []
  for (const { victim: planned, afterCalls, delayMs } of plan) {
    while (scene.calls() < afterCalls && !signal.aborted) await pause(lookMs, signal)
    await pause(delayMs, signal)
    if (signal.aborted) return
    const candidate = scene.candidate()
    const victim = victimOf(planned, candidate, diedWith)
    if (victim === 'mlx' && candidate !== null) diedWith.push(candidate)
    await scene.processes.kill(victim)
  }
}

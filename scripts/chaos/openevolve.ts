import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  newestCheckpoint,
  type OpenEvolveProcess,
  type OpenEvolveRun,
  startOpenEvolve,
} from '../benchmarks/peers/openevolve.ts'
import { disturb } from './disturb.ts'
import type { PlannedKill } from './plan.ts'
import type { Testbed } from './testbed.ts'

/** What became of a run of OpenEvolve. */
export interface PeerRecord {
  id: string
  /** `kill -9` of all its processes. */
  kills: number
  /** In all, those whose results were lost included. */
  calls: number
  evaluations: number
  /** Of its last process. */
  exitCode: number | null
  /** Iterations that its newest checkpoint holds. */
  kept: number
  /** From the first start to the last end. */
  seconds: number
}

/** Iterations by a checkpoint's own account, which its name may exceed; 0 where there is none, or half of one. */
const iterationsOf = (folder: string | undefined): number => {
  const file = path.join(folder ?? '', 'metadata.json')
  if (folder === undefined || !existsSync(file)) return 0
  try {
    return Number(JSON.parse(readFileSync(file, 'utf8')).last_iteration)
  } catch (error) {
    if (error instanceof SyntaxError) return 0
    throw error
  }
}

/** Makes a run while it is killed as planned; after each kill it is resumed from its newest checkpoint. */
export const makePeerRun = async (
  command: string,
  run: OpenEvolveRun,
  plan: PlannedKill[],
  testbed: Testbed,
): Promise<PeerRecord> => {
  const { model, evaluations } = testbed
  const [asked, evaluated, began] = [model.requests.length, evaluations().length, performance.now()]
  const over = new AbortController()
  let kills = 0
  /** Calls that need not be made again, or were not: where the run is. */
  let calls = () => 0
  let killed: OpenEvolveProcess | null = null
  const start = async (): Promise<OpenEvolveProcess> => {
    const kept = newestCheckpoint(run)?.iteration ?? 0
    const before = model.requests.length
    calls = () => kept + model.requests.length - before
    const started = await startOpenEvolve(command, run)
    started.ended.then(() => started !== killed && over.abort())
    return started
  }
  let running = await start()
  const kill = async (): Promise<void> => {
    killed = running
    await running.kill()
    kills += 1
    running = await start()
  }
  const disturbing = disturb(plan, { processes: { kill }, calls: () => calls(), candidate: () => null }, over.signal)
  const exitCode = await disturbing.then(() => running.ended).finally(() => running.kill())
  return {
    id: path.basename(run.folder),
    kills,
    calls: model.requests.length - asked,
    evaluations: evaluations().length - evaluated,
    exitCode,
    kept: iterationsOf(newestCheckpoint(run)?.folder),
    seconds: (performance.now() - began) / 1000,
  }
}

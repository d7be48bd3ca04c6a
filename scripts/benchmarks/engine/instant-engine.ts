import path from 'node:path'
import type { RunInput } from '../../../temporal/run-config.ts'
import { startRun } from '../../cli/start-run.ts'
import { type Bed, type Companion, type closing, startBed, startCompanion, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { startCountingModel } from './counting-model.ts'
import type { Milestone } from './milestones.ts'

/** The engine on a model and a device that take no time, so that what is measured is the engine. */
export interface InstantEngine {
  bed: Bed
  /** Starts the run `run` of the bench's problem. */
  start: (input: Omit<RunInput, 'problem'>) => Promise<void>
  orchestrator: Companion
  /** Starts another orchestrator, for when the first one has ended. */
  startNext: () => Promise<void>
  /** What was used until now, by candidates. */
  milestones: Milestone[]
}

/** Starts server, orchestrator and device, each a process of its own; `later` is told how to end them. */
export const startInstantEngine = async ({ later }: ReturnType<typeof closing>): Promise<InstantEngine> => {
  const model = await startCountingModel()
  later(model.stop)
  const bed = await startBed()
  later(bed.close)
  const problem = await writeProblem(path.join(bed.home, 'problem'), { seconds: 0, log: '', lock: '' })
  const orchestrate = async (): Promise<Companion> => {
    const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
    later(orchestrator.stop)
    return orchestrator
  }
  const orchestrator = await orchestrate()
  const device = await startCompanion([path.join(import.meta.dirname, 'instant-device.ts')], /polls/)
  later(device.stop)
  model.watch({ server: bed.serverPid, orchestrator: orchestrator.pid, device: device.pid })
  return {
    bed,
    start: async (input) => {
      await startRun(bed.client, 'run', { problem, mutation: { mutator: 'model' }, ...input })
    },
    orchestrator,
    startNext: async () => {
      await orchestrate()
    },
    milestones: model.milestones,
  }
}

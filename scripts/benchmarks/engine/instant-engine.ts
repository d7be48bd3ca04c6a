import path from 'node:path'
import type { RunInput } from '../../../temporal/run-config.ts'
import { startRun } from '../../cli/start-run.ts'
import { type Bed, type closing, startBed, startCompanion, startModel, startWorker } from './bed.ts'
import { writeProblem } from './bench-problem.ts'
import { type Milestone, readMilestones } from './milestones.ts'

/** The engine on a model and a device that take no time, so that what is measured is the engine. */
export interface InstantEngine {
  bed: Bed
  /** Starts the run `run` of the bench's problem. */
  start: (input: Omit<RunInput, 'problem'>) => Promise<void>
  /** What was used until now, by evaluations made. */
  milestones: () => Milestone[]
}

/** Starts server, orchestrator, model and device, each a process of its own; `later` is told how to end them. */
export const startInstantEngine = async ({ later }: ReturnType<typeof closing>): Promise<InstantEngine> => {
  const model = await startModel(0)
  later(model.stop)
  const bed = await startBed()
  later(bed.close)
  const problem = await writeProblem(path.join(bed.home, 'problem'), { seconds: 0, log: '', lock: '' })
  const orchestrator = await startWorker('orchestrator', { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' })
  later(orchestrator.stop)
  const log = path.join(bed.home, 'milestones.jsonl')
  const device = path.join(import.meta.dirname, 'instant-device.ts')
  const watched = [`server=${bed.serverPid}`, `orchestrator=${orchestrator.pid}`]
  const instant = await startCompanion([device, log, ...watched], /polls/)
  later(instant.stop)
  return {
    bed,
    start: async (input) => {
      await startRun(bed.client, 'run', { problem, mutation: { mutator: 'model' }, ...input })
    },
    milestones: () => readMilestones(log),
  }
}

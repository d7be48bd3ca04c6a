import { startModelStub } from '../../../test/model-stub/server.ts'
import { type Milestone, milestone, type Processes } from './milestones.ts'

const every = 100

/** A model without latency that notes what was used at every hundredth candidate it is asked for. */
export interface CountingModel {
  url: string
  /** Whose use is noted. */
  watch: (processes: Processes) => void
  milestones: Milestone[]
  stop: () => Promise<void>
}

/** Starts the model in this process. The same candidate's repair would count as another: the stub's replies need none. */
export const startCountingModel = async (): Promise<CountingModel> => {
  const milestones: Milestone[] = []
  let processes: Processes = {}
  let asked = 0
  const count = (): null => {
    asked += 1
    if (asked % every === 0) milestones.push(milestone(asked, processes))
    return null
  }
  const { url, close } = await startModelStub({ fault: count })
  const watch = (named: Processes): void => {
    processes = named
  }
  return { url, watch, milestones, stop: close }
}

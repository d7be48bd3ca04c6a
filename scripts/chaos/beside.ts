import path from 'node:path'
import { installOpenEvolve, type OpenEvolveRun } from '../benchmarks/peers/openevolve.ts'
import type { ChaosOptions } from './chaos.ts'
import { makePeerRun, type PeerRecord } from './openevolve.ts'
import { planKills } from './plan.ts'
import { openTestbed } from './testbed.ts'

/** What a run of OpenEvolve lost. */
export interface PeerVerdict extends PeerRecord {
  /** Its last checkpoint holds as much as the undisturbed run's. */
  finished: boolean
  /** Made, and not needed by the undisturbed run. */
  lost: { calls: number; evaluations: number }
}

/** What a disturbed run lost against the undisturbed one. Pure. */
export const judgePeer = (record: PeerRecord, undisturbed: PeerRecord): PeerVerdict => ({
  ...record,
  finished: record.exitCode === 0 && record.kept === undisturbed.kept,
  lost: {
    calls: record.calls - undisturbed.calls,
    evaluations: record.evaluations - undisturbed.evaluations,
  },
})

export interface BesideOptions extends ChaosOptions {
  /** Iterations between two checkpoints. */
  checkpointInterval: number
}

/**
 * OpenEvolve on the same problem with the same model, killed at the same moments of the run: one run in peace, then the
 * others; `onVerdict` gets each as it is there. It has one process at work, so that evaluations do not overlap.
 */
export const besideOpenEvolve = async (options: BesideOptions, onVerdict: (verdict: PeerVerdict) => void) => {
  const { runs, first, iterations, kills, seed, checkpointInterval } = options
  const command = await installOpenEvolve()
  const testbed = await openTestbed(options)
  const toMake = (id: string): OpenEvolveRun => ({
    ...{ folder: path.join(testbed.home, id), problem: testbed.problem, modelUrl: testbed.model.url },
    ...{ iterations, workers: 1, checkpointInterval, seed: 1 },
  })
  const verdicts: PeerVerdict[] = []
  try {
    const undisturbed = await makePeerRun(command, toMake('openevolve-undisturbed'), [], testbed)
    if (undisturbed.exitCode !== 0) throw new Error(`the undisturbed run ended with ${undisturbed.exitCode}`)
    for (let number = first; number < first + runs; number += 1) {
      const plan = planKills({ seed, round: number, kills, calls: iterations })
      const record = await makePeerRun(command, toMake(`openevolve-${number}`), plan, testbed)
      const verdict = judgePeer(record, undisturbed)
      verdicts.push(verdict)
      onVerdict(verdict)
    }
    return { undisturbed, verdicts }
  } finally {
    await testbed.close()
  }
}

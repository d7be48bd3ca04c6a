import type { RunInput } from '../../temporal/run-config.ts'
import { judge, type Verdict } from './judge.ts'
import { planKills } from './plan.ts'
import { makeRound, type RoundRecord, type RunToMake } from './round.ts'
import { openTestbed, type TestbedOptions } from './testbed.ts'

export interface ChaosOptions extends TestbedOptions {
  runs: number
  /** Number of the first round: the n-th is disturbed the same way whichever is the first. */
  first: number
  /** Runs that are under way together, and suffer the same kills. */
  atOnce: number
  iterations: number
  /** Of a round: a run, or as many as are made at once. */
  kills: number
  /** Of the kills; the runs are all the same. */
  seed: number
}

export interface Proof {
  undisturbed: RoundRecord
  rounds: RoundRecord[]
  verdicts: Verdict[]
}

/** Every other run is started by a bare client. */
const toMake = (round: number, atOnce: number): RunToMake[] =>
  Array.from({ length: atOnce }, (_, at) => {
    const number = (round - 1) * atOnce + at + 1
    return { id: `chaos-${number}`, begun: number % 2 === 1 ? 'command line' : 'bare client' }
  })

/** Makes one run in peace, then the others while their processes are killed; `onVerdict` gets each as it is there. */
export const proveByChaos = async (options: ChaosOptions, onVerdict: (verdict: Verdict) => void): Promise<Proof> => {
  const { runs, first, atOnce, iterations, kills, seed } = options
  const testbed = await openTestbed(options)
  const proof: Omit<Proof, 'undisturbed'> = { rounds: [], verdicts: [] }
  try {
    const input: RunInput = { problem: testbed.problem, iterations, seed: 1 }
    const inPeace: RunToMake = { id: 'undisturbed', begun: 'command line' }
    const undisturbed = await makeRound(testbed, { plan: [], runs: [inPeace], input })
    const { phase, iterations: made } = undisturbed.runs[0]?.status ?? {}
    if (phase !== 'completed' || made !== iterations) throw new Error(`the undisturbed run is ${phase} after ${made}`)
    for (let number = first; number < first + runs / atOnce; number += 1) {
      const plan = planKills({ seed, round: number, kills, calls: iterations * atOnce })
      const round = await makeRound(testbed, { plan, runs: toMake(number, atOnce), input })
      const verdicts = judge(round, undisturbed)
      proof.rounds.push(round)
      proof.verdicts.push(...verdicts)
      for (const verdict of verdicts) onVerdict(verdict)
    }
    return { undisturbed, ...proof }
  } finally {
    await testbed.close()
  }
}

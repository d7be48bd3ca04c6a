import { expect, test } from 'vitest'
import { proveByChaos } from '../../scripts/chaos/chaos.ts'

/** The short form of `scripts/chaos/main.ts`: three runs at once, under the same kills. */
test('runs survive kill -9 of orchestrator, mlx worker and server, and nothing that is paid for is repeated', async () => {
  const short = { runs: 3, first: 1, atOnce: 3, iterations: 12, kills: 4, seed: 14, modelMs: 300, evaluationSeconds: 0 }
  const { verdicts, rounds } = await proveByChaos(short, () => undefined)
  expect(verdicts.flatMap(({ id, failures }) => failures.map((failure) => `${id}: ${failure}`))).toEqual([])
  expect(verdicts).toHaveLength(3)
  expect(new Set(rounds[0]?.kills.map(({ victim }) => victim))).toEqual(new Set(['orchestrator', 'mlx', 'server']))
}, 300_000)

import { expect, test } from 'vitest'
import { evaluationJson, showDetails, showScored } from '../../scripts/cli/show-evaluation.ts'
import type { Evaluation, Scored } from '../../temporal/evaluation.ts'

const ratio = { median: 1.132, low: 1.115, high: 1.15, pairs: 300, launches: 0 }
const scored: Scored = {
  verdict: 'scored',
  stage: 'complete',
  reason: 'screened, over the stock eager loop',
  score: 1.115,
  speedup: { eager: ratio, compiled: { ...ratio, median: 1.05, launches: 5 }, incumbent: null },
  calls: { matmul: { forward: 9, backward: 18 } },
  metrics: {
    ...{ step_ms_candidate: 12.345, step_ms_reference: 14, tokens_per_second: 10_369.2, roofline_share: 0.431 },
    ...{ worst_tensor_error: 3.14e-6, worst_tensor_tolerance_share: 0.12, noise_floor: 0.02 },
    ...{ peak_memory_bytes: 3 * 2 ** 20, peak_memory_ratio: 1.02, process_memory_bytes: 2 ** 28, precision_changed: 0 },
  },
  confirmed: false,
  seconds: 8.26,
  startedAt: 0,
  artifacts: {},
  environment: { chip: 'M4', mlx: '0.32' },
}

test('a person reads the whole evaluation in a few lines', () => {
  expect(showScored(scored, 'screening').split('\n')).toEqual([
    'scored 1.11500 in 8.3 s',
    '  screened, over the stock eager loop',
    '  over stock eager MLX: screened 1.132× [1.115, 1.150] from 300 pairs',
    '  over stock compiled MLX: screened 1.050× [1.115, 1.150] from 300 pairs, 5 launches',
    '  matmul: called 9 times forward, 18 backward',
    '  step time: 12.35 ms, stock 14.00 ms',
    '  tokens per second: 10369',
    '  worst tensor error: 0.0000031, 12 % of its tolerance',
    "  peak memory: 3.0 MiB in MLX, 1.02 of stock's",
    '  process memory: 256.0 MiB',
    '  roofline: 43 % of what this machine can do',
    '  noise floor: identical programs measure 0.980× to 1.020× here; this result is outside',
    '  environment: chip M4, mlx 0.32',
  ])
})

test('what was not measured is left out, and what was confirmed is not called screened', () => {
  const bare = { ...scored, reason: '', metrics: { precision_changed: 1 }, environment: {}, confirmed: true }
  expect(showScored(bare, 'confirmation').split('\n').slice(1)).toEqual([
    '  confirmed: faster than stock eager MLX',
    '  over stock eager MLX: 1.132× [1.115, 1.150] from 300 pairs',
    '  over stock compiled MLX: 1.050× [1.115, 1.150] from 300 pairs, 5 launches',
    '  precision: differs from stock MLX, which the problem allows',
    '  matmul: called 9 times forward, 18 backward',
    '  noise floor: unknown, this machine is not calibrated (`npx mlx-evolve calibrate`)',
  ])
  const untimed = { ...bare, speedup: null, calls: null, metrics: { in_range: 1 } }
  expect(showScored(untimed, 'screening')).toBe('scored 1.11500 in 8.3 s')
})

test('a confirmation whose interval holds 1 confirms nothing', () => {
  const speedup = { eager: { ...ratio, low: 0.99 }, compiled: null, incumbent: null }
  const evaluation = { ...scored, confirmed: true, speedup }
  expect(showScored(evaluation, 'confirmation')).toContain('no speedup is confirmed')
  expect(evaluationJson(evaluation).confirmed).toBe(false)
  expect(evaluationJson({ ...evaluation, speedup: { ...speedup, eager: ratio } }).confirmed).toBe(true)
})

test('a result within the noise is said to be so', () => {
  const noisy = showScored({ ...scored, metrics: { noise_floor: 0.2 } }, 'screening')
  expect(noisy).toContain('identical programs measure 0.819× to 1.221× here; this result is within it')
})

test('a refusal shows its artifacts and the machine; JSON has every key for every verdict', () => {
  const { environment, seconds, startedAt } = scored
  const failed: Evaluation = {
    ...{ verdict: 'failed', stage: 'crash', reason: 'r', environment, seconds, startedAt },
    artifacts: { stderr: 'first\nlast\n' },
  }
  expect(showDetails(failed)).toBe('stderr:\n  first\n  last\nenvironment: chip M4, mlx 0.32\n')
  expect(Object.keys(evaluationJson(failed))).toEqual(Object.keys(evaluationJson(scored)))
  expect(evaluationJson(failed)).toMatchObject({ verdict: 'failed', confirmed: false, seconds: 8.26, environment })
})

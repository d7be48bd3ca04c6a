import { expect, test } from 'vitest'
import type { Evaluation } from '../../temporal/evaluation.ts'
import { addKind, mixedWorkers } from '../../temporal/measured-by.ts'

const evaluation = (verdict: Evaluation['verdict'], environment: Record<string, string>) =>
  ({ verdict, environment }) as Evaluation
const scored = (evaluator: string, more = {}) => evaluation('scored', { evaluator, chip: 'M1', ...more })

test('workers differ by evaluating code, MLX and chip, not by host or load', () => {
  const evaluations = [
    scored('1', { mlx: '0.32', host: 'a', load: '1' }),
    scored('1', { mlx: '0.32', host: 'b', load: '2' }),
    scored('1', { mlx: '0.33' }),
    scored('2', { mlx: '0.33' }),
    evaluation('failed', { evaluator: '3', chip: 'M1' }),
    evaluation('scored', {}),
  ]
  const kinds = evaluations.reduce(addKind, [])
  expect(kinds).toEqual(['evaluator 1, mlx 0.32, M1', 'evaluator 1, mlx 0.33, M1', 'evaluator 2, mlx 0.33, M1'])
  expect(mixedWorkers(kinds)).toMatch(/^scored by 3 kinds of worker, and compared all the same: evaluator 1, .*; .*; /)
})

test('one kind is nothing to speak of, nor is a run that began before they were noted', () => {
  expect(mixedWorkers(['one'])).toBeNull()
  expect(mixedWorkers(undefined)).toBeNull()
})

test('however many there are, few are remembered', () => {
  const many = Array.from({ length: 100 }, (_, n) => scored(String(n)))
  expect(many.reduce(addKind, [])).toHaveLength(8)
})

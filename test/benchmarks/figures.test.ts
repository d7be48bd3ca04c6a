import { expect, test } from 'vitest'
import { useOf } from '../../scripts/benchmarks/engine/intervals.ts'
import { costBetween, median, medianCost } from '../../scripts/benchmarks/engine/milestones.ts'

test('a device is busy while anybody has it, and shared evaluations are counted', () => {
  const intervals = [
    { started: 100, ended: 102 },
    { started: 101, ended: 103 },
    { started: 101.5, ended: 102.5 },
    { started: 105, ended: 110 },
  ]
  expect(useOf(intervals)).toEqual({ evaluations: 4, busy: 0.8, overlapping: 3, seconds: 10 })
})

test('evaluations that follow each other without a gap do not overlap', () => {
  const intervals = [
    { started: 1, ended: 2 },
    { started: 2, ended: 3 },
  ]
  expect(useOf(intervals)).toMatchObject({ busy: 1, overlapping: 0 })
})

test('what a candidate costs lies between two milestones, by process and together', () => {
  const at = (candidates: number, seconds: number, server: number, worker: number) => ({
    ...{ candidates, at: 1000 + seconds, cpu: { server, worker }, memory: {} },
  })
  const milestones = [at(100, 0, 3, 1), at(200, 5, 5, 2), at(300, 20, 9, 4)]
  expect(costBetween(milestones, 100, 200)).toEqual({ wall: 50, cpu: 30, byProcess: { server: 20, worker: 10 } })
  expect(() => costBetween(milestones, 100, 250)).toThrow('nothing was noted at 100 or at 250 candidates')
})

test('several runs are told of by their medians', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  const cost = (wall: number, server: number) => ({ wall, cpu: server, byProcess: { server } })
  expect(medianCost([cost(1, 30), cost(3, 10), cost(2, 20)])).toEqual(cost(2, 20))
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Scored, Speedup } from '../../temporal/evaluation.ts'
import type { Program } from '../../temporal/program.ts'
import { runConfig } from '../../temporal/run-config.ts'
import type { ConfirmationRecord, RunState } from '../../temporal/run-state.ts'
import {
  barOf,
  maximumOf,
  nextConfirmation,
  noConfirmations,
  promising,
  triedAtEnd,
  whyNotConfirmed,
} from '../../workflows/confirmation-rule.ts'

const figure = (low: number, median = low + 0.01): Speedup => ({
  low,
  median,
  high: median + 0.01,
  pairs: 60,
  launches: 0,
})

const program = (id: string, low: number, hash = id): Program => ({
  id,
  source: `# ${hash}`,
  hash: hash.padEnd(64, '0'),
  parents: [],
  change: '',
  mutator: 'offline',
  features: {},
  island: 0,
  generation: 1,
  score: low,
  metrics: {},
  artifacts: {},
  speedup: { eager: figure(low), compiled: null, incumbent: null },
  calls: null,
})

const record = (of: Program, outcome: ConfirmationRecord['outcome']): ConfirmationRecord => ({
  ...{ index: 1, programId: of.id, hash: of.hash, outcome, speedup: null, reason: '' },
})

interface Given {
  programs?: Program[][]
  drawn?: number
  confirmations?: Partial<RunState['confirmations']>
  confirmation?: object
  evaluator?: 'training' | 'function'
  iterations?: number
  extended?: number
  /** Generations of the one island. */
  generation?: number
}

const state = (given: Given): RunState => {
  const { programs = [[]], drawn = 0, evaluator = 'training', iterations = 20, extended = 0 } = given
  const config = runConfig.parse({ problem: 'p', iterations, confirmation: given.confirmation ?? {} })
  return {
    config,
    problem: { config: { evaluator } },
    initial: program('initial', 0.99),
    islands: programs.map((inhabitants, index) => ({
      index,
      generation: given.generation ?? 0,
      drawn: index === 0 ? drawn : 0,
      began: { generation: 0, drawn: 0 },
      programs: inhabitants,
    })),
    control: { extended },
    confirmations: { ...noConfirmations(), ...given.confirmations },
  } as unknown as RunState
}

describe('while the run goes on', () => {
  const good = program('good', 1.2)
  const half = { programs: [[good]], drawn: 20, iterations: 40, confirmation: { maximum: 2 } }

  test('the best screened program is confirmed at half of the iterations, not before', () => {
    expect(nextConfirmation(state(half), 'during')).toBe(good)
    expect(nextConfirmation(state({ ...half, drawn: 19 }), 'during')).toBeNull()
  })

  test('a short run confirms nothing on the way unless its config says how often', () => {
    const during = (iterations: number, confirmation: object) =>
      nextConfirmation(state({ ...half, drawn: iterations - 1, iterations, confirmation }), 'during')
    expect(during(39, {})).toBeNull()
    expect(during(40, {})).toBe(good)
    expect(during(20, { maximum: 2 })).toBe(good)
  })

  test.each([
    ['a promise below the bar', { ...half, programs: [[program('weak', 1.02)]] }],
    ['one that was not confirmed', { ...half, confirmations: { records: [record(good, 'not confirmed')] } }],
    [
      'another program of the same source',
      {
        ...half,
        programs: [[program('copy', 1.3, 'good')]],
        confirmations: { records: [record(good, 'not confirmed')] },
      },
    ],
    ['what was confirmed before the incumbent', { ...half, confirmations: { records: [record(good, 'confirmed')] } }],
    ['the incumbent itself', { ...half, confirmations: { incumbent: good } }],
    ['any once the last one is left', { ...half, confirmations: { spent: 1 } }],
    ['any where none is wanted', { ...half, confirmation: { maximum: 0 } }],
    ['programs of problems that are not timed', { ...half, evaluator: 'function' as const }],
  ])('does not confirm %s', (_, given) => {
    expect(nextConfirmation(state(given), 'during')).toBeNull()
  })

  test('tries again what could not be measured', () => {
    const given = {
      ...half,
      confirmation: { maximum: 3 },
      confirmations: { spent: 1, records: [record(good, 'not measured')] },
    }
    expect(nextConfirmation(state(given), 'during')).toBe(good)
  })

  test('trouble of the machine costs none of the confirmations', () => {
    const trouble = { spent: 1, records: [record(program('other', 1.3), 'not measured')] }
    expect(nextConfirmation(state({ ...half, confirmations: trouble }), 'during')).toBe(good)
  })

  test('what twice could not be measured is left alone', () => {
    const records = [record(good, 'not measured'), record(good, 'not measured')]
    const given = { ...half, confirmation: { maximum: 9 }, confirmations: { spent: 2, records } }
    expect(nextConfirmation(state(given), 'during')).toBeNull()
  })

  test('trouble in a run that this one resumes does not keep a program from being tried again', () => {
    const records = [record(good, 'not measured'), record(good, 'not measured')]
    const given = { ...half, confirmations: { spent: 2, before: 2, records } }
    expect(nextConfirmation(state(given), 'during')).toBe(good)
  })

  test('confirmations of a run that this one resumes do not use up its own', () => {
    expect(nextConfirmation(state({ ...half, confirmations: { spent: 7, before: 7 } }), 'during')).toBe(good)
  })

  test('the next one waits for twice the iterations of the one before', () => {
    const wanted = { confirmation: { maximum: 4 }, iterations: 80 }
    const first = Array.from({ length: 81 }, (_, drawn) => drawn)
    const starts = [0, 1, 2].map((spent) =>
      first.find((drawn) => nextConfirmation(state({ ...half, ...wanted, drawn, confirmations: { spent } }), 'during')),
    )
    expect(starts).toEqual([10, 20, 40])
  })
})

describe('the bar', () => {
  test('is the median of the incumbent, and its lower bound by a margin', () => {
    const incumbent = program('incumbent', 1.2)
    expect(barOf(state({}), 'during')).toBe(1.02)
    expect(barOf(state({}), 'end')).toBe(1)
    expect(barOf(state({ confirmations: { incumbent } }), 'during')).toBeCloseTo(1.2 * 1.01)
    expect(barOf(state({ confirmations: { incumbent } }), 'end')).toBe(1.2)
    expect(barOf(state({ confirmations: { incumbent }, confirmation: { margin: 0 } }), 'during')).toBeCloseTo(1.21)
  })
})

describe('at the end', () => {
  const [first, second] = [program('first', 1.1), program('second', 1.05)]
  const both = [[second], [first]]

  test('the best one is confirmed, whatever was spent', () => {
    expect(nextConfirmation(state({ programs: both, confirmations: { spent: 50 } }), 'end')).toBe(first)
  })

  test('what is left is spent while nothing is confirmed', () => {
    const refused = { spent: 1, records: [record(first, 'not confirmed')] }
    expect(nextConfirmation(state({ programs: both, confirmations: refused }), 'end', 1)).toBe(second)
    expect(nextConfirmation(state({ programs: both, confirmations: { ...refused, spent: 2 } }), 'end', 2)).toBeNull()
    const won = { spent: 1, incumbent: program('won', 1.01) }
    expect(nextConfirmation(state({ programs: both, confirmations: won }), 'end', 1)).toBeNull()
  })

  test('a short run has both of its confirmations left, and spends the second only while nothing is confirmed', () => {
    const short = { programs: both, drawn: 39, iterations: 39 }
    expect(nextConfirmation(state(short), 'end', 0)).toBe(first)
    const refused = { spent: 1, records: [record(first, 'not confirmed')] }
    expect(nextConfirmation(state({ ...short, confirmations: refused }), 'end', 1)).toBe(second)
    const won = { spent: 1, incumbent: program('won', 1.01), records: [record(first, 'confirmed')] }
    expect(nextConfirmation(state({ ...short, confirmations: won }), 'end', 1)).toBeNull()
  })

  test('trouble of the machine leaves as many as there were', () => {
    const trouble = { spent: 2, records: [record(first, 'not measured'), record(first, 'not confirmed')] }
    expect(nextConfirmation(state({ programs: both, confirmations: trouble }), 'end', 2)).toBe(second)
  })

  test('what it has tried is remembered until a further generation is made', () => {
    const tried = (generation: number) =>
      triedAtEnd(state({ generation, confirmations: { atEnd: { generations: 5, tried: 2 } } }))
    expect(tried(5)).toEqual({ generations: 5, tried: 2 })
    expect(tried(6)).toEqual({ generations: 6, tried: 0 })
  })

  test('an incumbent is challenged by a promise of more only', () => {
    const challenge = (low: number) =>
      nextConfirmation(state({ programs: both, confirmations: { incumbent: program('won', low) } }), 'end')
    expect(challenge(1.09)).toBe(first)
    expect(challenge(1.1)).toBeNull()
  })
})

test('the maximum grows by one whenever the iterations double', () => {
  const counts = [1, 20, 39, 40, 80, 1000].map((iterations) => maximumOf(state({ iterations })))
  expect(counts).toEqual([2, 2, 2, 3, 4, 7])
  expect(maximumOf(state({ iterations: 20, extended: 20 }))).toBe(3)
})

test('what promises most is the best of all that were not tried', () => {
  const lows = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(lows, { minLength: 1, maxLength: 3 }), fc.nat(), (islands, pick) => {
      const programs = islands.map((island, i) => island.map((low, p) => program(`i${i}-p${p}`, low)))
      const all = programs.flat()
      const refused = all[pick % all.length] as Program
      const records = [record(refused, 'not confirmed')]
      const found = promising(state({ programs, confirmations: { records } }))
      const left = all.filter(({ id, score }) => id !== refused.id && score > 1).map(({ score }) => score)
      expect(found?.score ?? 0).toBe(Math.max(0, ...left))
    }),
  )
})

describe('a confirmation', () => {
  const scored = (over: object): Scored =>
    ({
      ...{ verdict: 'scored', stage: 'complete', reason: 'r', score: 1.1, metrics: {}, calls: null, confirmed: true },
      ...{ seconds: 1, startedAt: 0, artifacts: {}, environment: {} },
      speedup: { eager: figure(1.1), compiled: null, incumbent: null, ...over },
    }) as Scored
  const incumbent = program('won', 1.05)

  test.each([
    ['above stock', scored({}), null, null],
    ['above stock and the incumbent', scored({ incumbent: figure(1.01) }), incumbent, null],
    ['not above stock', scored({ eager: figure(1) }), null, /over stock MLX: the interval is not above 1/],
    ['not above the incumbent', scored({ incumbent: figure(0.999) }), incumbent, /over won: the interval is not/],
    ['without the incumbent', scored({}), incumbent, 'was not measured over won'],
    ['that the harness does not vouch for', { ...scored({}), confirmed: false }, null, 'r'],
  ])('%s', (_, evaluation, against, reason) => {
    const found = whyNotConfirmed(evaluation, against)
    if (reason instanceof RegExp) expect(found).toMatch(reason)
    else expect(found).toBe(reason)
  })
})

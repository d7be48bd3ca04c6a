import fc from 'fast-check'
import { expect, it } from 'vitest'
import { chooseModel, uniform } from '../../activities/mutation/ensemble.ts'
import type { ModelConfig } from '../../temporal/run-config.ts'

const model = (name: string, weight: number): ModelConfig => ({ name, weight, promptPrice: 0, completionPrice: 0 })
const draws = Array.from({ length: 4000 }, (_, draw) => `7/${draw % 4}/${draw >> 2}/0`)

it('draws numbers in [0, 1) that depend on the text only', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const number = uniform(text)
      expect(number >= 0 && number < 1).toBe(true)
      expect(uniform(text)).toBe(number)
    }),
  )
  // A known value pins the function: histories are replayed against it.
  expect(uniform('')).toBe(0xe3b0c44298fc / 2 ** 48)
})

it('chooses in proportion to the weights', () => {
  const models = [model('a', 1), model('b', 3), model('c', 0.5)]
  const count = (name: string) => draws.filter((draw) => chooseModel(models, draw).name === name).length
  for (const { name, weight } of models) {
    const share = weight / 4.5
    // Four standard deviations of a binomial share.
    expect(Math.abs(count(name) / draws.length - share)).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / draws.length),
    )
  }
})

it('chooses the same model for the same draw, and one of those given', () => {
  const models = fc.array(
    fc.record({ name: fc.string({ minLength: 1 }), weight: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 16,
    },
  )
  fc.assert(
    fc.property(models, fc.string(), (given, draw) => {
      const all = given.map(({ name, weight }) => model(name, weight))
      expect(all).toContain(chooseModel(all, draw))
      expect(chooseModel(all, draw)).toBe(chooseModel(all, draw))
    }),
  )
})

it('says what is wrong with an empty ensemble', () => {
  expect(() => chooseModel([], 'x')).toThrow('models: found none')
})

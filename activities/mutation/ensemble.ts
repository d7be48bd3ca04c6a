import { createHash } from 'node:crypto'
import type { ModelConfig } from '../../temporal/run-config.ts'

/** Number in [0, 1) that depends on the text only: the first 48 bits of its SHA-256. */
export function uniform(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48
}

/**
 * Draws one model of the ensemble, each with probability weight / sum of weights.
 * The same draw chooses the same model in every attempt, so a repair goes back to the model that erred.
 */
export function chooseModel(models: readonly ModelConfig[], draw: string): ModelConfig {
  const last = models.at(-1)
  if (last === undefined) throw new RangeError('models: found none, expected at least one')
  let left = uniform(`model/${draw}`) * models.reduce((sum, model) => sum + model.weight, 0)
  for (const model of models) {
    left -= model.weight
    if (left < 0) return model
  }
  return last
}

import type { Features } from '../../temporal/program.ts'
import type { FeatureDimension } from '../../temporal/run-config.ts'

/**
 * Bin of a value on one axis, 0 to bins − 1; values outside [min, max] fall into the outer bins, and so does a value
 * that one program's evaluation left out, into the lowest.
 */
const binOf = (axis: FeatureDimension, features: Features): number => {
  const value = features[axis.name] ?? axis.min
  const scale = axis.scale === 'log' ? Math.log : (x: number) => x
  const clamped = Math.min(axis.max, Math.max(axis.min, value))
  const share = (scale(clamped) - scale(axis.min)) / (scale(axis.max) - scale(axis.min))
  return Math.min(axis.bins - 1, Math.floor(share * axis.bins))
}

/** Cell of the MAP-Elites grid that a program falls into, such as `3:0`. */
export const cellOf = (axes: FeatureDimension[], features: Features): string =>
  axes.map((axis) => binOf(axis, features)).join(':')

/** What is wrong with grid dimensions that programs do not have; `null` when they have all of them. */
export const missingDimension = (axes: FeatureDimension[], features: Features): string | null => {
  const missing = axes.find(({ name }) => features[name] === undefined)
  if (missing === undefined) return null
  return `selection.features: programs have no "${missing.name}", they have ${Object.keys(features).sort().join(', ')}`
}

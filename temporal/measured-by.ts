import type { Evaluation } from './evaluation.ts'

const remembered = 8

/** What can make two scores incomparable, in words; empty where an evaluation does not say. */
const kindOf = ({ evaluator, mlx, chip }: Record<string, string>): string =>
  [evaluator && `evaluator ${evaluator}`, mlx && `mlx ${mlx}`, chip].filter(Boolean).join(', ')

/** The kinds of worker that scored a run's programs so far, and this one; the first ones, where there are many. Pure. */
export const addKind = (kinds: string[], { verdict, environment }: Evaluation): string[] => {
  const kind = verdict === 'scored' ? kindOf(environment) : ''
  return kind === '' || kinds.includes(kind) || kinds.length >= remembered ? kinds : [...kinds, kind]
}

/** Says that scores of different origin are compared with each other; `null` where they are not. Pure. */
export const mixedWorkers = (kinds: string[] | undefined): string | null =>
  kinds === undefined || kinds.length < 2
    ? null
    : `scored by ${kinds.length < remembered ? '' : 'at least '}${kinds.length} kinds of worker, and compared all the same: ${kinds.join('; ')}`

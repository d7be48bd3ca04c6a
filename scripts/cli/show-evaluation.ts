import type { Evaluation, Scored } from '../../temporal/evaluation.ts'
import { noSpeedup } from './output.ts'
import { showSpeedup } from './progress.ts'

/** The documented JSON form of an evaluation, for `--json`. */
export const evaluationJson = (evaluation: Evaluation) => {
  const { verdict, stage, reason } = evaluation
  const scored = evaluation.verdict === 'scored' ? evaluation : null
  const speedup = scored?.speedup ?? noSpeedup
  return { verdict, stage, reason, speedup, calls: scored?.calls ?? {}, metrics: scored?.metrics ?? {} }
}

/** A scored program's figures. Pure. */
export const showScored = ({ score, seconds, speedup, calls }: Scored): string =>
  [
    `scored ${score.toPrecision(6)} in ${seconds.toFixed(1)} s`,
    ...(speedup
      ? [
          `  over stock eager MLX     ${showSpeedup(speedup.eager)}`,
          `  over stock compiled MLX  ${showSpeedup(speedup.compiled)}`,
        ]
      : []),
    ...Object.entries(calls ?? {}).map(
      ([seam, { forward, backward }]) => `  ${seam} called ${forward} times forward, ${backward} backward`,
    ),
  ].join('\n')

/** What an evaluation left for whoever wants to mend the program: tracebacks and output. Pure. */
export const showDetails = ({ artifacts }: Evaluation): string =>
  Object.entries(artifacts)
    .map(([name, text]) => `${name}:\n${text.trimEnd().replace(/^/gm, '  ')}\n`)
    .join('')

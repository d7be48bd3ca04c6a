import { changesPrecision, contextLines, environmentLine } from '../../temporal/context-text.ts'
import type { Evaluation, Purpose, Scored, Speedup } from '../../temporal/evaluation.ts'
import { showEvidence, showSpeedup } from '../../temporal/speedup-text.ts'
import { noSpeedup } from './output.ts'

/** Whether its figures may be called a speedup. */
const isConfirmed = ({ confirmed, speedup }: Scored): boolean => confirmed && (speedup?.eager?.low ?? 0) > 1

/** The documented JSON form of an evaluation, for `--json`. */
export const evaluationJson = (evaluation: Evaluation) => {
  const { verdict, stage, reason, artifacts, environment, seconds } = evaluation
  const scored = evaluation.verdict === 'scored' ? evaluation : null
  const speedup = scored?.speedup ?? noSpeedup
  return {
    ...{ verdict, stage, reason, speedup, calls: scored?.calls ?? {}, metrics: scored?.metrics ?? {} },
    ...{ confirmed: scored !== null && isConfirmed(scored), environment, seconds, artifacts },
  }
}

const overBaseline = (speedup: Speedup | null, name: string, purpose: Purpose): string[] =>
  speedup === null
    ? []
    : [
        `over ${name}: ${purpose === 'screening' ? 'screened ' : ''}${showSpeedup(speedup)} from ${showEvidence(speedup)}`,
      ]

const speedupLines = (evaluation: Scored, purpose: Purpose): string[] => {
  const { speedup, metrics } = evaluation
  return speedup === null
    ? []
    : [
        ...(purpose === 'confirmation'
          ? [isConfirmed(evaluation) ? 'confirmed: faster than stock eager MLX' : 'no speedup is confirmed']
          : []),
        ...overBaseline(speedup.eager, 'stock eager MLX', purpose),
        ...overBaseline(speedup.compiled, 'stock compiled MLX', purpose),
        ...(changesPrecision(metrics) ? ['precision: differs from stock MLX, which the problem allows'] : []),
      ]
}

/** What holds for verdicts of every kind. */
const machine = (evaluation: Evaluation): string[] =>
  Object.keys(evaluation.environment).length === 0 ? [] : [environmentLine(evaluation.environment)]

/** A scored program's figures. Pure. */
export const showScored = (evaluation: Scored, purpose: Purpose): string => {
  const { score, seconds, reason, speedup, calls, metrics } = evaluation
  const lines = [
    ...(reason === '' ? [] : [reason]),
    ...speedupLines(evaluation, purpose),
    ...Object.entries(calls ?? {}).map(
      ([seam, { forward, backward }]) => `${seam}: called ${forward} times forward, ${backward} backward`,
    ),
    ...(speedup === null ? [] : contextLines(metrics, speedup.eager?.median ?? null)),
    ...machine(evaluation),
  ]
  return [`scored ${score.toPrecision(6)} in ${seconds.toFixed(1)} s`, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** What an evaluation left for whoever wants to mend the program: tracebacks and output. Pure. */
export const showDetails = (evaluation: Evaluation): string =>
  [
    ...Object.entries(evaluation.artifacts).map(([name, text]) => `${name}:\n${text.trimEnd().replace(/^/gm, '  ')}\n`),
    ...machine(evaluation).map((line) => `${line}\n`),
  ].join('')

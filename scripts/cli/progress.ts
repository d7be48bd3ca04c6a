import pc from 'picocolors'
import type { Speedup } from '../../temporal/evaluation.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { islandLines } from './island-lines.ts'
import type { Waiting } from './waiting.ts'

const ratio = (value: number): string => value.toFixed(3)

/** `1.132× [1.115, 1.150]`, or `not measured`. */
export const showSpeedup = (speedup: Speedup | null | undefined): string =>
  speedup ? `${ratio(speedup.median)}× [${ratio(speedup.low)}, ${ratio(speedup.high)}]` : 'not measured'

/** The best program in a line. */
export const showBest = ({ best }: RunStatus): string => {
  if (best === null) return 'none yet'
  if (!best.speedup) return `${best.programId}, score ${best.score.toPrecision(8)}`
  const standing = best.confirmed ? 'measured once more with fresh data' : 'screened'
  return `${best.programId}  ${showSpeedup(best.speedup.eager)} over stock eager MLX (95 %, ${standing})`
}

/** What mutates, in words that nobody can take for a model when there is none. */
export const showMutator = ({ mutator, modelCalls }: RunStatus): string => {
  if (mutator === null) return 'not chosen yet'
  return mutator === 'offline' ? 'offline (built in, no language model)' : `model, ${modelCalls} calls`
}

const bar = (done: number, wanted: number, width = 24): string => {
  const filled = wanted === 0 ? 0 : Math.min(width, Math.round((done / wanted) * width))
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}

const minutes = (seconds: number): string => {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

const phaseColour = { running: pc.cyan, paused: pc.yellow, completed: pc.green, stopped: pc.yellow, failed: pc.red }

/** What the live view shows besides the status. */
export interface Surroundings {
  /** What is being waited for, island by island. */
  waiting: Map<number, Waiting[]>
  /** Milliseconds since the epoch. */
  now: number
}

const iterationsLine = ({ iterations, iterationsWanted, evaluated, seconds }: RunStatus): string =>
  iterationsWanted === 0
    ? `  ${bar(0, 0)} preparing  ${minutes(seconds)}`
    : `  ${bar(iterations, iterationsWanted)} ${iterations}/${iterationsWanted} iterations  ${evaluated} evaluated  ${minutes(seconds)}`

/** The live view. Pure. */
export const showProgress = (status: RunStatus, { waiting, now }: Surroundings): string => {
  const busy = status.deviceBusy === null ? '' : `   device busy ${Math.round(status.deviceBusy * 100)} %`
  const phase = phaseColour[status.phase](status.phase)
  return [
    `${pc.bold(status.id)}  ${phase}${status.reason === '' ? '' : `  ${status.reason}`}`,
    iterationsLine(status),
    `  mutator ${showMutator(status)}${busy}`,
    `  best ${pc.bold(showBest(status))}`,
    ...islandLines(status.islands, waiting, now),
    ...status.ignored.map((text) => pc.yellow(`  ignored signal ${text}`)),
  ].join('\n')
}

/** The same in one line, for logs that are not terminals; equal lines mean no news. Pure. */
export const showProgressLine = (status: RunStatus): string => {
  const { phase, reason, iterations, iterationsWanted, evaluated } = status
  const figures = `${iterations}/${iterationsWanted} iterations, ${evaluated} evaluated, best ${showBest(status)}`
  return `${phase}${iterationsWanted === 0 ? '' : ` ${figures}`}${reason === '' ? '' : ` (${reason})`}`
}

/** The closing summary. Pure. */
export const showSummary = (status: RunStatus, folder: string | null): string =>
  [
    '',
    `Run ${status.id} ${phaseColour[status.phase](status.phase)}${status.reason === '' ? '' : `: ${status.reason}`}`,
    `  problem     ${status.problem}`,
    `  iterations  ${status.iterations} (${status.evaluated} evaluations) in ${minutes(status.seconds)}`,
    `  mutator     ${showMutator(status)}`,
    `  best        ${showBest(status)}`,
    ...(status.best?.speedup
      ? [`  compiled    ${showSpeedup(status.best.speedup.compiled)} over stock compiled MLX`]
      : []),
    `  digest      ${status.digest}`,
    ...(folder === null ? [] : [`  results     ${folder}`]),
  ].join('\n')

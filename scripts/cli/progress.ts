import pc from 'picocolors'
import { showDollars } from '../../temporal/dollars.ts'
import { mixedWorkers } from '../../temporal/measured-by.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { showBest, showScreened, showSpeedup } from '../../temporal/speedup-text.ts'
import { islandLines } from './island-lines.ts'
import type { Waiting } from './waiting.ts'

/** What mutates, in words that nobody can take for a model when there is none. */
export const showMutator = ({ mutator, modelCalls, ledger }: RunStatus): string => {
  if (mutator === null) return 'not chosen yet'
  if (mutator === 'offline') return 'offline (built in, no language model)'
  return `model, ${modelCalls} calls${ledger?.cost ? `, ${showDollars(ledger.cost)}` : ''}`
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

/** Candidates set aside, where there are any. */
const setAside = ({ ledger }: RunStatus): string => (ledger?.unresolved ? `, ${ledger.unresolved} unresolved` : '')

const mixed = ({ ledger }: RunStatus): string[] => {
  const text = mixedWorkers(ledger?.measuredBy)
  return text === null ? [] : [text]
}

const iterationsLine = (status: RunStatus): string => {
  const { iterations, iterationsWanted, evaluated, seconds } = status
  if (iterationsWanted === 0) return `  ${bar(0, 0)} preparing  ${minutes(seconds)}`
  const figures = `${iterations}/${iterationsWanted} iterations  ${evaluated} evaluated${setAside(status)}`
  return `  ${bar(iterations, iterationsWanted)} ${figures}  ${minutes(seconds)}`
}

/** The live view. Pure. */
export const showProgress = (status: RunStatus, { waiting, now }: Surroundings): string => {
  const busy = status.deviceBusy === null ? '' : `   device busy ${Math.round(status.deviceBusy * 100)} %`
  const phase = phaseColour[status.phase](status.phase)
  return [
    `${pc.bold(status.id)}  ${phase}${status.reason === '' ? '' : `  ${status.reason}`}`,
    iterationsLine(status),
    `  mutator ${showMutator(status)}${busy}`,
    `  best ${pc.bold(showBest(status.best, status.confirmations))}`,
    ...islandLines(status, waiting, now),
    ...mixed(status).map((text) => pc.yellow(`  ${text}`)),
    ...status.ignored.map((text) => pc.yellow(`  ignored signal ${text}`)),
  ].join('\n')
}

/** The same in one line, for logs that are not terminals; equal lines mean no news. Pure. */
export const showProgressLine = (status: RunStatus): string => {
  const { phase, reason, iterations, iterationsWanted, evaluated } = status
  const figures = `${iterations}/${iterationsWanted} iterations, ${evaluated} evaluated${setAside(status)}, best ${showBest(status.best, status.confirmations)}`
  return `${phase}${iterationsWanted === 0 ? '' : ` ${figures}`}${reason === '' ? '' : ` (${reason})`}`
}

const confirmationLines = ({ confirmations }: RunStatus): string[] => {
  if (confirmations === null) return []
  const { spent, records, heldOut } = confirmations
  const confirmed = records.filter(({ outcome }) => outcome === 'confirmed').length
  return [
    `  confirmed   ${confirmed} of ${spent} tried`,
    ...heldOut.map(
      ({ preset, outcome, speedup, reason }) =>
        `  held out    ${preset}: ${speedup ? showScreened(speedup.eager) : `${outcome}: ${reason}`}`,
    ),
  ]
}

/** The closing summary. Pure. */
export const showSummary = (status: RunStatus, folder: string | null): string =>
  [
    '',
    `Run ${status.id} ${phaseColour[status.phase](status.phase)}${status.reason === '' ? '' : `: ${status.reason}`}`,
    `  problem     ${status.problem}`,
    `  iterations  ${status.iterations} (${status.evaluated} evaluations${setAside(status)}) in ${minutes(status.seconds)}`,
    `  mutator     ${showMutator(status)}`,
    `  best        ${showBest(status.best, status.confirmations)}`,
    ...(status.best?.speedup
      ? [`  compiled    ${showSpeedup(status.best.speedup.compiled)} over stock compiled MLX`]
      : []),
    ...confirmationLines(status),
    ...mixed(status).map((text) => `  workers     ${text}`),
    `  digest      ${status.digest}`,
    ...(folder === null ? [] : [`  results     ${folder}`]),
  ].join('\n')

import type { Scored, Speedup } from '../temporal/evaluation.ts'
import type { Program } from '../temporal/program.ts'
import type { ConfirmationRecord, Confirmations, RunState } from '../temporal/run-state.ts'

/** While the run goes on the last confirmation is kept back; at its end it may be spent. */
export type Moment = 'during' | 'end'

export const noConfirmations = (): Confirmations => ({
  spent: 0,
  before: 0,
  atEnd: { generations: 0, tried: 0 },
  incumbent: null,
  records: [],
  heldOut: [],
})

/** Only programs that are timed against a baseline can be confirmed. */
export const isTimed = ({ problem }: RunState): boolean => problem.config.evaluator === 'training'

/** Hashes of the programs whose confirmation failed. */
export const refusedHashes = ({ confirmations }: Pick<RunState, 'confirmations'>): Set<string> =>
  new Set(confirmations.records.flatMap(({ outcome, hash }) => (outcome === 'not confirmed' ? [hash] : [])))

/** A program that could not be measured so often is left alone: the machine may be well, and it the trouble. */
const triesAtMeasuring = 2

/** Confirmations of this run that the machine could not measure. What a resumed run's machine could not, this one may. */
const unmeasured = ({ confirmations: { before, records } }: RunState): ConfirmationRecord[] =>
  records.filter(({ index, outcome }) => index > before && outcome === 'not measured')

/** Hashes of the programs that need no further confirmation: measured, or not to be measured. */
const triedHashes = (state: RunState): Set<string> => {
  const { records } = state.confirmations
  const failures = (wanted: string) => unmeasured(state).filter(({ hash }) => hash === wanted).length
  return new Set(
    records.flatMap(({ outcome, hash }) =>
      outcome !== 'not measured' || failures(hash) >= triesAtMeasuring ? [hash] : [],
    ),
  )
}

const lowOf = (program: Program | null): number => program?.speedup?.eager?.low ?? 0

const everyone = (state: RunState): Program[] => [state.initial, ...state.islands.flatMap(({ programs }) => programs)]

/** What a screened lower bound has to exceed to be worth a confirmation: a ratio of step times. */
export const barOf = ({ confirmations: { incumbent }, config }: RunState, moment: Moment): number => {
  const { above, margin } = config.confirmation
  if (incumbent === null) return moment === 'end' ? 1 : above
  const low = lowOf(incumbent)
  return moment === 'end' ? low : Math.max(incumbent.speedup?.eager?.median ?? low, low * (1 + margin))
}

/**
 * The screened program that promises most and more than what is confirmed; of equals the initial one, then that of the
 * lowest island. `null` where there is none, and for problems that are not timed.
 */
export const promising = (state: RunState, moment: Moment = 'end'): Program | null => {
  if (!isTimed(state)) return null
  const { incumbent } = state.confirmations
  const tried = triedHashes(state).add(incumbent?.hash ?? '')
  const bar = barOf(state, moment)
  return everyone(state).reduce<Program | null>(
    (best, program) => (lowOf(program) > Math.max(bar, lowOf(best)) && !tried.has(program.hash) ? program : best),
    null,
  )
}

const iterationsOf = ({ config, control }: RunState): number => config.iterations + control.extended

/** Confirmations that this run may make. */
export const maximumOf = (state: RunState): number =>
  state.config.confirmation.maximum ?? 2 + Math.max(0, Math.floor(Math.log2(iterationsOf(state) / 20)))

/** A confirmation costs as much time as some six iterations: a shorter run makes none on the way unless told to. */
const iterationsWorthOne = 40

/** Confirmations that this run has made. Trouble of the machine costs none of them, though it does cost error budget. */
const madeBy = (state: RunState): number => {
  const { spent, before } = state.confirmations
  return spent - before - unmeasured(state).length
}

/** Confirmations that may be made while the run goes on. */
const onTheWayOf = (state: RunState): number => {
  const told = state.config.confirmation.maximum !== null
  return told || iterationsOf(state) >= iterationsWorthOne ? maximumOf(state) - 1 : 0
}

/** Share of the run's iterations that are drawn. */
const progressOf = (state: RunState): number =>
  state.islands.reduce((sum, { drawn, began }) => sum + drawn - began.drawn, 0) / iterationsOf(state)

/** What the end has tried: what it remembers, or nothing yet where islands have gone on since. */
export const triedAtEnd = ({ confirmations: { atEnd }, islands }: RunState): Confirmations['atEnd'] => {
  const generations = islands.reduce((sum, { generation }) => sum + generation, 0)
  return atEnd.generations === generations ? atEnd : { generations, tried: 0 }
}

/**
 * The program to confirm now, `null` for none.
 *
 * While the run goes on one confirmation of the maximum is kept back. The others wait until 1/2, before that 1/4, before
 * that 1/8 … of the iterations are drawn: every one makes the next one harder, so none is spent on what the next few
 * iterations will surpass. Short runs keep all of them for the end. At the end there is one in any case, and more within
 * the maximum while nothing is confirmed; `triedNow` counts those.
 */
export const nextConfirmation = (state: RunState, moment: Moment, triedNow = 0): Program | null => {
  const maximum = maximumOf(state)
  const { incumbent } = state.confirmations
  const made = madeBy(state)
  if (moment === 'during') {
    const others = onTheWayOf(state)
    return made < others && progressOf(state) >= 2 ** (made - others) ? promising(state, moment) : null
  }
  const allowed = maximum > 0 && (triedNow === 0 || (incumbent === null && made < maximum))
  return allowed ? promising(state, moment) : null
}

const aboveOne = (speedup: Speedup | null, over: string): string | null => {
  if (speedup === null) return `was not measured over ${over}`
  if (speedup.low > 1) return null
  const { median, low, high } = speedup
  return `is ${median.toFixed(3)}× [${low.toFixed(3)}, ${high.toFixed(3)}] over ${over}: the interval is not above 1`
}

/** Why a confirmation's figures do not make its program the incumbent; `null` where they do. */
export const whyNotConfirmed = ({ confirmed, speedup, reason }: Scored, incumbent: Program | null): string | null => {
  const overStock = aboveOne(speedup?.eager ?? null, 'stock MLX')
  if (overStock !== null) return overStock
  const overIncumbent = incumbent === null ? null : aboveOne(speedup?.incumbent ?? null, incumbent.id)
  if (overIncumbent !== null) return overIncumbent
  return confirmed ? null : reason || 'the harness did not confirm it'
}

import { ApplicationFailure } from '@temporalio/common'
import type { Candidate } from '../../temporal/generation.ts'
import type { RunState } from '../../temporal/run-state.ts'
import {
  type Arrival,
  admitGeneration,
  admitMigrants,
  admitRedraw,
  generationArrival,
  migrantArrival,
  redraw,
} from '../../workflows/arrivals.ts'
import { islandOf } from '../../workflows/islands.ts'
import { isMigrationPoint } from '../../workflows/schedule.ts'
import { type Confirming, noteUnmeasured, settleConfirmation } from '../../workflows/settle-confirmation.ts'
import { type Selector, type Survivors, survivorsOf } from '../../workflows/survivors.ts'
import { encodedSize } from '../selection/encoded-size.ts'
import { select } from '../selection/select.ts'
import type { RecordedStep } from './recorded-steps.ts'

type Step<Kind extends RecordedStep['step']> = Extract<RecordedStep, { step: Kind }>

/** Generations that every island has completed. */
export const commonGeneration = ({ islands }: RunState): number =>
  Math.min(...islands.map(({ generation }) => generation))

const selector: Selector = { select: async (input) => select(input), encodedSize, mayWeigh: () => true }

const survivors = (state: RunState, arrival: Arrival): Promise<Survivors> => survivorsOf(state, arrival, selector)

/** A run sets out for a generation only once what came before is done: migrants have joined, parents are chosen. */
const setOut = async (state: RunState, { island: index, migratedAt }: Step<'generation begun'>): Promise<void> => {
  const { generation, migratedAt: before } = islandOf(state, index)
  // An island at rest is given programs without migrants having joined.
  const joined = migratedAt === undefined || migratedAt >= generation
  if (isMigrationPoint(state, generation) && before < generation && joined) {
    const arrival = migrantArrival(state, index)
    admitMigrants(state, arrival, await survivors(state, arrival))
  }
  const anew = redraw(state, index)
  if (anew !== null) admitRedraw(state, index, await survivors(state, anew))
}

const injectedNumber = (candidate: Candidate): number => {
  const id = candidate.outcome === 'evaluated' ? candidate.proposal.id : candidate.id
  return Number(/^injected-(\d+)$/.exec(id)?.[1] ?? 0)
}

/** @throws Error where the history leaves a generation out. */
const endGeneration = async (state: RunState, { result, drawn }: Step<'generation ended'>): Promise<void> => {
  const { generation } = islandOf(state, result.island)
  if (result.generation !== generation + 1) {
    const message = `generation ${result.generation} of island ${result.island} follows generation ${generation} in the history`
    throw ApplicationFailure.nonRetryable(message, 'NoSuchPopulation')
  }
  const arrival = generationArrival(state, result, drawn)
  admitGeneration(state, result, arrival, await survivors(state, arrival))
  const { control } = state
  state.control = { ...control, injected: Math.max(control.injected, ...result.candidates.map(injectedNumber)) }
}

/** A confirmation of a program that this population does not have counts, and says nothing. */
const beginConfirmation = (
  state: RunState,
  { index, programId, hash }: Step<'confirmation begun'>,
): Confirming | null => {
  state.confirmations = { ...state.confirmations, spent: Math.max(state.confirmations.spent, index) }
  const everyone = [state.initial, ...state.islands.flatMap(({ programs }) => programs)]
  const program = everyone.find((known) => known.id === programId && known.hash === hash)
  return program === undefined ? null : { program, index }
}

/**
 * Folds a run's recorded results, by the same selection, into the population that it had when every island had made
 * `generation` generations; what islands that were ahead did beyond is left out. Changes `state`.
 *
 * @returns whether that is all: every island got there and the search went on. Else further steps may belong to it.
 * @throws Error where the steps do not follow the state.
 */
export const refold = async (state: RunState, steps: RecordedStep[], generation: number): Promise<boolean> => {
  const confirming = new Map<number, Confirming>()
  for (const step of steps) {
    switch (step.step) {
      case 'generation begun':
        if (commonGeneration(state) >= generation) return true
        if (step.generation <= generation) await setOut(state, step)
        break
      case 'generation ended':
        if (step.result.generation <= generation) await endGeneration(state, step)
        break
      case 'confirmation begun': {
        const begun = beginConfirmation(state, step)
        if (begun !== null) confirming.set(step.index, begun)
        break
      }
      case 'confirmation ended': {
        const begun = confirming.get(step.index)
        if (begun !== undefined) settleConfirmation(state, begun, step.evaluation, true)
        break
      }
      case 'confirmation lost': {
        const begun = confirming.get(step.index)
        if (begun !== undefined) noteUnmeasured(state, begun, step.reason)
      }
    }
  }
  return false
}

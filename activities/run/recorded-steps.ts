import type { EvaluateInput, Evaluation } from '../../temporal/evaluation.ts'
import type { GenerationInput, GenerationResult } from '../../temporal/generation.ts'
import { type Decode, failureMessage, type HistoryEvent } from './history-payload.ts'

/** What an evolution's history holds of its search, in the order in which the run learnt it. */
export type RecordedStep =
  /** `migratedAt`: the island's, where the history says it. */
  | { step: 'generation begun'; island: number; generation: number; migratedAt: number | undefined }
  | { step: 'generation ended'; result: GenerationResult; drawn: number }
  | { step: 'confirmation begun'; index: number; programId: string; hash: string }
  | { step: 'confirmation ended'; index: number; evaluation: Evaluation }
  | { step: 'confirmation lost'; index: number; reason: string }

/** What is under way, by the event that began it. */
interface UnderWay {
  /** Iterations of a generation. */
  drawn: Map<string, number>
  /** Index of a confirmation. */
  confirming: Map<string, number>
}

const key = (eventId: unknown): string => String(eventId)

const begun = async (event: HistoryEvent, underWay: UnderWay, decode: Decode): Promise<RecordedStep | null> => {
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes
  if (child?.workflowType?.name === 'generation') {
    const { island, generation, draws, migratedAt } = (await decode(child.input?.payloads?.[0])) as GenerationInput
    underWay.drawn.set(key(event.eventId), draws.length)
    return { step: 'generation begun', island, generation, migratedAt }
  }
  const activity = event.activityTaskScheduledEventAttributes
  if (activity?.activityType?.name !== 'evaluate') return null
  const { purpose, confirmation, id, hash } = (await decode(activity.input?.payloads?.[0])) as EvaluateInput
  // Runs from before programs were confirmed on the way gave theirs no number, and no verdict.
  if (purpose !== 'confirmation' || !confirmation) return null
  underWay.confirming.set(key(event.eventId), confirmation.index)
  return { step: 'confirmation begun', index: confirmation.index, programId: id, hash }
}

const ended = async (event: HistoryEvent, underWay: UnderWay, decode: Decode): Promise<RecordedStep | null> => {
  const child = event.childWorkflowExecutionCompletedEventAttributes
  const drawn = child && underWay.drawn.get(key(child.initiatedEventId))
  if (drawn !== undefined && drawn !== null) {
    const result = (await decode(child?.result?.payloads?.[0])) as GenerationResult
    return { step: 'generation ended', result, drawn }
  }
  const completed = event.activityTaskCompletedEventAttributes
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes
  const scheduled = (completed ?? failed)?.scheduledEventId
  const index = scheduled && underWay.confirming.get(key(scheduled))
  if (index === undefined || index === null) return null
  return completed
    ? { step: 'confirmation ended', index, evaluation: (await decode(completed.result?.payloads?.[0])) as Evaluation }
    : {
        step: 'confirmation lost',
        index,
        reason: (await failureMessage(failed?.failure, decode)) || 'no reason is recorded',
      }
}

/** Reads the steps out of one execution's history. */
export const recordedSteps = async (events: HistoryEvent[], decode: Decode): Promise<RecordedStep[]> => {
  const underWay: UnderWay = { drawn: new Map(), confirming: new Map() }
  const steps: RecordedStep[] = []
  for (const event of events) {
    const step = (await begun(event, underWay, decode)) ?? (await ended(event, underWay, decode))
    if (step !== null) steps.push(step)
  }
  return steps
}

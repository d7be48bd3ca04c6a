import type { Client } from '@temporalio/client'
import type { Payload } from '@temporalio/common'

const isPayload = (value: object): value is Payload => 'metadata' in value && 'data' in value

/** Every payload within a history or any part of one. */
const payloadsIn = (value: unknown): Payload[] => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return isPayload(value) ? [value] : Object.values(value).flatMap(payloadsIn)
}

/** A history as the server keeps it: everything in it, bytes as text. */
const rawText = (value: unknown): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${rawText(inner)}`)
    .join('\n')
}

/** Text of the histories of all workflows: as the server has them, and of their payloads as this client decodes them. */
export const historyTexts = async (client: Client): Promise<{ raw: string; decoded: string }[]> => {
  const texts: { raw: string; decoded: string }[] = []
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    let payloads = payloadsIn(history)
    for (const codec of client.options.loadedDataConverter.payloadCodecs.toReversed()) {
      payloads = await codec.decode(payloads)
    }
    texts.push({ raw: rawText(history), decoded: payloads.map(rawText).join('\n') })
  }
  return texts
}

/** Identities of the workers that evaluated for the generations of a run. */
export const evaluatedBy = async (client: Client, run: string): Promise<Set<string>> => {
  const found = new Set<string>()
  for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "generation"' })) {
    if (!workflowId.startsWith(`${run}/`)) continue
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
    const evaluations = new Set(
      events?.flatMap(({ eventId, activityTaskScheduledEventAttributes: asked }) =>
        asked?.activityType?.name === 'evaluate' ? [String(eventId)] : [],
      ),
    )
    for (const { activityTaskStartedEventAttributes: started } of events ?? []) {
      if (started?.identity && evaluations.has(String(started.scheduledEventId))) found.add(started.identity)
    }
  }
  return found
}

import { appendFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { TraceRecord } from '../../temporal/run-activities.ts'
import type { IslandState } from '../../temporal/run-state.ts'
import { writeWhole } from './run-folder.ts'

const traceFile = (folder: string): string => path.join(folder, 'trace.jsonl')

const toLines = (records: TraceRecord[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('')

/**
 * Adds a generation to `trace.jsonl`, at least once: `orderTrace` drops what a crash wrote twice. It begins with a line
 * break, so that a line which a crash cut short spoils nothing but itself.
 */
export const appendRecords = (folder: string, records: TraceRecord[]): Promise<void> =>
  appendFile(traceFile(folder), `\n${toLines(records)}`, { flush: true })

/** A line that a crash cut short is not JSON; it was written again by the next attempt. */
const parseLine = (line: string): TraceRecord[] => {
  try {
    return [JSON.parse(line) as TraceRecord]
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

/** The records in a run's folder, in no particular order. */
export const readTrace = async (folder: string): Promise<TraceRecord[]> => {
  const text = await readFile(traceFile(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').filter(Boolean).flatMap(parseLine)
}

/** Each draw once, by island, generation and draw. Pure. */
export const orderTrace = (records: TraceRecord[]): TraceRecord[] => {
  const once = new Map(records.map((record) => [`${record.island}/${record.generation}/${record.id}`, record]))
  return [...once.values()].sort(
    (a, b) => a.generation - b.generation || a.island - b.island || a.id.localeCompare(b.id, 'en', { numeric: true }),
  )
}

/** Generations that a run completed and its trace does not have, as `[island, generation]`. Pure. */
export const missingGenerations = (
  records: TraceRecord[],
  islands: Pick<IslandState, 'index' | 'generation' | 'began'>[],
): [number, number][] => {
  const present = new Set(records.map(({ island, generation }) => `${island}/${generation}`))
  return islands.flatMap(({ index, generation, began }) =>
    Array.from({ length: generation - began.generation }, (_, at): [number, number] => [
      index,
      began.generation + at + 1,
    ]).filter(([island, g]) => !present.has(`${island}/${g}`)),
  )
}

export const writeTrace = (folder: string, records: TraceRecord[]): Promise<void> =>
  writeWhole(traceFile(folder), toLines(orderTrace(records)))

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkerKind } from '../../scripts/supervise/events.ts'

const fakeWorker = fileURLToPath(new URL('./fake-worker.ts', import.meta.url))

/** Command of fake workers that all behave the same way. */
export const fakeCommand =
  (behaviour: 'well' | 'stubborn' | 'crashes' = 'well') =>
  (kind: WorkerKind): [string, ...string[]] => [process.execPath, fakeWorker, kind, behaviour]

export interface Told {
  kind: WorkerKind
  event: 'up' | 'drained'
  pid?: number
  child?: number
  key?: string
}

/** What the fake workers of a home folder have told so far. */
export function told(home: string): Told[] {
  const file = join(home, 'told.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Told)
}

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { homeFile } from './home.ts'
import { processReference } from './process-reference.ts'

const serverRecord = z.object({
  process: processReference,
  /** Who started it, so that nobody stops a server that another supervisor still needs. */
  startedBy: processReference,
  address: z.string(),
  uiAddress: z.string(),
  database: z.string(),
  /** Identity that the server keeps in its database; null until it has answered once. */
  clusterId: z.string().nullable(),
})

/** The dev server as `.mlx-evolve/server.json` remembers it. */
export type ServerRecord = z.infer<typeof serverRecord>

const file = () => homeFile('server.json')

/**
 * The recorded server, dead or alive; null where there is none.
 *
 * @throws Error naming the file if it is not a record
 */
export function readServerRecord(): ServerRecord | null {
  if (!existsSync(file())) return null
  const parsed = serverRecord.safeParse(parseJson(readFileSync(file(), 'utf8')))
  if (!parsed.success) throw new Error(`${file()} is damaged: delete it\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Replaces the record in one step, so that a reader never sees half of it. */
export function writeServerRecord(record: ServerRecord): void {
  const draft = `${file()}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(draft, file())
}

export const deleteServerRecord = (): void => rmSync(file(), { force: true })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { RunIdentity } from '../../temporal/run-activities.ts'

const identity = z.object({ id: z.string(), firstExecutionRunId: z.string() })

/** A run id as one folder name: characters that mean something to a file system are percent-encoded. */
export const folderName = (id: string): string => {
  const encoded = encodeURIComponent(id).replaceAll('*', '%2A')
  return /^\.*$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded
}

/** Where a run's files go. */
export const runFolder = (runsFolder: string, id: string): string => path.join(runsFolder, folderName(id))

const readIdentity = async (file: string): Promise<RunIdentity | null> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : identity.parse(JSON.parse(text))
}

/** Writes a file so that a reader finds either the old or the new one, whole. */
export const writeWhole = async (file: string, text: string): Promise<void> => {
  const draft = `${file}.${process.pid}.tmp`
  await writeFile(draft, text)
  await rename(draft, file)
}

/**
 * The run's folder, made if need be. One that an earlier run of the same id left is moved aside, so that no run ever
 * overwrites or mixes with another's results.
 */
export const openRunFolder = async (runsFolder: string, run: RunIdentity): Promise<string> => {
  const folder = runFolder(runsFolder, run.id)
  const marker = path.join(folder, 'run.json')
  const previous = await readIdentity(marker)
  if (previous?.firstExecutionRunId === run.firstExecutionRunId) return folder
  if (previous !== null) await rename(folder, `${folder}.${previous.firstExecutionRunId.slice(0, 8)}`)
  await mkdir(folder, { recursive: true })
  await writeWhole(marker, `${JSON.stringify(run)}\n`)
  return folder
}

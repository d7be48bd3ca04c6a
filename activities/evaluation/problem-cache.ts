import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import { problemSnapshot } from '../../temporal/problem.ts'

/** A problem on this machine's disk. */
export interface CachedProblem {
  /** Holds the problem's files and nothing else. */
  folder: string
  snapshot: ProblemSnapshot
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whether a folder holds exactly these files: an evaluator may have left things there, or changed some. */
const holds = async (folder: string, files: Record<string, string>): Promise<boolean> => {
  const names = Object.keys(files)
  for (const name of names) {
    if ((await readIfThere(path.join(folder, name))) !== files[name]) return false
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const expected = new Set(names.map((name) => path.join(folder, name)))
  return entries.every((entry) => entry.isDirectory() || expected.has(path.join(entry.parentPath, entry.name)))
}

const isInside = (name: string): boolean => {
  const normal = path.normalize(name)
  return normal !== '.' && !path.isAbsolute(normal) && normal.split(path.sep)[0] !== '..'
}

const writeProblem = async (target: string, snapshot: ProblemSnapshot): Promise<void> => {
  const fresh = `${target}.${randomUUID()}`
  for (const [name, text] of Object.entries(snapshot.files)) {
    if (!isInside(name)) {
      const message = `problem ${snapshot.name}: file ${JSON.stringify(name)} lies outside the problem's folder`
      throw ApplicationFailure.create({ type: 'InvalidProblem', message, nonRetryable: true })
    }
    const file = path.join(fresh, 'files', name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  await mkdir(path.join(fresh, 'files'), { recursive: true })
  await writeFile(path.join(fresh, 'snapshot.json'), JSON.stringify(snapshot))
  await replace(fresh, target)
}

/** Moves a complete folder into place, whatever is there already: readers see the old one or the new one. */
const replace = async (fresh: string, target: string): Promise<void> => {
  const old = `${fresh}.old`
  try {
    await rename(target, old)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    await rename(fresh, target)
  } catch (error) {
    // Another worker of this machine put its copy there in between.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST'))) {
      throw error
    }
    await rm(fresh, { recursive: true })
  }
  await rm(old, { recursive: true, force: true })
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const readSnapshot = async (target: string, hash: string): Promise<ProblemSnapshot | undefined> => {
  const text = await readIfThere(path.join(target, 'snapshot.json'))
  if (text === undefined) return undefined
  const parsed = problemSnapshot.safeParse(parseJson(text))
  return parsed.success && parsed.data.hash === hash ? parsed.data : undefined
}

/**
 * Problems by hash in a folder of this machine. A problem that is not there yet comes from `fetchProblem`.
 * @throws ApplicationFailure `InvalidProblem`, non-retryable, where a file's name leads out of the folder.
 */
export const createProblemCache = (
  cacheFolder: string,
  fetchProblem: (evolutionId: string) => Promise<ProblemSnapshot>,
) => {
  let last: ProblemSnapshot | undefined

  const snapshotOf = async (target: string, hash: string, evolutionId: string): Promise<ProblemSnapshot> => {
    if (last?.hash === hash) return last
    const stored = await readSnapshot(target, hash)
    if (stored) return stored
    const fetched = await fetchProblem(evolutionId)
    if (fetched.hash === hash) return fetched
    throw new Error(`evolution ${evolutionId} carries problem ${fetched.hash}, this evaluation needs ${hash}`)
  }

  return async (hash: string, evolutionId: string): Promise<CachedProblem> => {
    const target = path.join(cacheFolder, 'problems', hash)
    const snapshot = await snapshotOf(target, hash, evolutionId)
    last = snapshot
    const folder = path.join(target, 'files')
    if ((await readSnapshot(target, hash)) === undefined || !(await holds(folder, snapshot.files))) {
      await writeProblem(target, snapshot)
    }
    return { folder, snapshot }
  }
}

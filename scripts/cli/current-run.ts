import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeWhole } from '../../activities/run/run-folder.ts'
import { homeFile } from '../../temporal/home.ts'
import type { RunInput } from '../../temporal/run-config.ts'

const currentRun = z.object({ id: z.string(), input: z.custom<RunInput>((value) => typeof value === 'object') })

/** The run that `start` began last in this home folder. */
export type CurrentRun = z.infer<typeof currentRun>

const file = () => homeFile('current-run.json')

export const readCurrentRun = (): CurrentRun | null => {
  try {
    return currentRun.parse(JSON.parse(readFileSync(file(), 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new Error(`${file()} is damaged: delete it to begin a new run`, { cause: error })
  }
}

/** Written before the run is started, so that a crash in between starts this run and no second one. */
export const writeCurrentRun = (run: CurrentRun): Promise<void> => writeWhole(file(), `${JSON.stringify(run)}\n`)

import { runFolder } from '../../activities/run/run-folder.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { runsFolder } from '../../workers/folders.ts'
import { printJson, runJson, say } from './output.ts'
import { showSummary } from './progress.ts'

/** Prints how a run ended. @returns the command's exit code: 1 for a failed run. */
export const reportEnd = (status: RunStatus, json: boolean): number => {
  const folder = status.phase === 'failed' ? null : runFolder(runsFolder(), status.id)
  say(showSummary(status, folder), json)
  if (json) printJson(runJson(status))
  return status.phase === 'failed' ? 1 : 0
}

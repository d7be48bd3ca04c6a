import { runFolder } from '../../activities/run/run-folder.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { runsFolder } from '../../workers/folders.ts'
import { complain, printJson, runJson, say } from './output.ts'
import { showSummary } from './progress.ts'

/** Prints how a run ended. @returns the command's exit code: 1 for a failed run. */
export const reportEnd = (status: RunStatus, json: boolean): number => {
  const failed = status.phase === 'failed'
  if (failed) complain(`run ${status.id} failed: ${status.reason}`)
  else say(showSummary(status, runFolder(runsFolder(), status.id)), json)
  if (json) printJson(runJson(status))
  return failed ? 1 : 0
}

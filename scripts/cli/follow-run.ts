import type { Client } from '@temporalio/client'
import { say } from './output.ts'
import { reportEnd } from './report-end.ts'
import { stopSignal } from './stop-signal.ts'
import { watchRun } from './watch-run.ts'

/** Follows a run to its end and reports it; Ctrl-C ends the following, not the run. Sets the exit code. */
export const followRun = async (client: Client, id: string, json: boolean): Promise<void> => {
  const stop = stopSignal()
  const status = await watchRun(client, id, { stream: json ? process.stderr : process.stdout, signal: stop.signal })
  if (status !== null) {
    process.exitCode = reportEnd(status, json)
    return
  }
  say(
    `run ${id} goes on; follow it with \`npx mlx-evolve watch ${id}\`, end it with \`npx mlx-evolve stop ${id}\``,
    json,
  )
  process.exitCode = 1
}

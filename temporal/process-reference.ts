import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** A process, told apart from a later one that got the same number by when it started. */
export const processReference = z.object({ pid: z.number().int().positive(), started: z.string() })
export type ProcessReference = z.infer<typeof processReference>

/** A running process; null if there is none of that number, or only a zombie. */
export function referTo(pid: number): ProcessReference | null {
  const started = process.platform === 'linux' ? startedInProc(pid) : startedInPs(pid)
  return started === null ? null : { pid, started }
}

/** Whether that very process still runs. */
export const isRunning = (process: ProcessReference): boolean => referTo(process.pid)?.started === process.started

/** This process. */
export function thisProcess(): ProcessReference {
  const self = referTo(process.pid)
  if (self === null) throw new Error(`the process table does not list this process (${process.pid})`)
  return self
}

/** Clock ticks since boot; fields are counted behind the command's name, which may hold spaces and brackets. */
function startedInProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null)
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null
    throw error
  }
}

function startedInPs(pid: number): string | null {
  const { stdout, error } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  if (error) throw error
  const [, state, started] = /^(\S+)\s+(.+?)\s*$/.exec(stdout.trim()) ?? []
  return state === undefined || state.startsWith('Z') ? null : (started ?? null)
}

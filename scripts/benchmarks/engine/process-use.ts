import { readFileSync } from 'node:fs'

/** Clock ticks a second, as Linux shows them to programs on every platform that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds that a process has used, its threads included, user and system (Linux, proc(5)). */
export const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name may hold spaces; the fields follow its last bracket, the third one first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Megabytes of memory that a process has in use (Linux, proc(5)). */
export const residentMegabytes = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

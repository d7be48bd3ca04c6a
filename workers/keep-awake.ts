import { spawn } from 'node:child_process'
import type { Logger } from 'pino'

/** The command that keeps a machine from falling asleep while a process lives; null where none is needed. Pure. */
export const keepAwakeCommand = (platform: NodeJS.Platform, pid: number): [string, string[]] | null =>
  platform === 'darwin' ? ['caffeinate', ['-i', '-w', String(pid)]] : null

/** Keeps this machine awake as long as this process lives: a Mac that sleeps measures nothing. */
export const keepAwake = (log: Logger): void => {
  const command = keepAwakeCommand(process.platform, process.pid)
  if (command === null) return
  const [program, args] = command
  const child = spawn(program, args, { stdio: 'ignore' })
  child.on('error', (error) => log.warn({ err: error }, 'this machine may fall asleep while measuring'))
  child.unref()
}

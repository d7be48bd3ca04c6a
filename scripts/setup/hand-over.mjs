import { spawn } from 'node:child_process'

/**
 * Runs a command in this process's place: its output, its signals and its exit code are ours.
 *
 * A terminal's Ctrl-C reaches the whole process group by itself; forwarding it there would deliver it twice.
 *
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<never>}
 */
export function handOver(command, args) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const child = spawn(command, args, { stdio: 'inherit' })
  process.on('SIGINT', () => {
    if (!terminal) child.kill('SIGINT')
  })
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  return new Promise((_resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })
}

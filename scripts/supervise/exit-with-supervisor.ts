const graceMs = 30_000

/**
 * For a worker process: shuts it down gracefully when its supervisor has died, which closes the channel between them.
 * Does nothing in a process that was not started by a supervisor.
 */
export function exitWithSupervisor(): void {
  if (!process.channel) return
  process.once('disconnect', () => {
    // The way a person would stop it: Temporal's runtime listens for this signal and drains the workers.
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.exit(1), graceMs).unref()
  })
  // Listening must not keep a finished worker alive.
  process.channel.unref()
}

/** npm passes Ctrl-C on to a process that has had it from the terminal already. */
const echoMs = 2000

/**
 * Aborted by Ctrl-C, SIGTERM or the terminal's end. Asked once more, the process ends at once, whatever it leaves.
 *
 * Listeners stay where they are: the live view hides the cursor through a package that ends the process as soon as
 * nobody else listens for a signal.
 */
export const stopSignal = (): AbortController => {
  const stop = new AbortController()
  let asked = 0
  const onSignal = (): void => {
    if (stop.signal.aborted && performance.now() - asked > echoMs) process.exit(1)
    if (!stop.signal.aborted) asked = performance.now()
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return stop
}

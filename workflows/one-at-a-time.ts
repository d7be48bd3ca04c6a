/** Runs calls one after another, in the order in which they were asked for. */
export type OneAtATime = <T>(call: () => Promise<T>) => Promise<T>

/**
 * For local activities. Where several are under way they first resolve in the order they finish, but in the order they
 * were scheduled when history is replayed: a run in which one overtook another could never be replayed.
 */
export const oneAtATime = (): OneAtATime => {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const next = last.then(call, call)
    last = next
    return next
  }
}

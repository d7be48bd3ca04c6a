import type { TaskTime } from '../temporal/task-time.ts'

interface News {
  cameAt: TaskTime
  take: () => Promise<void>
}

/**
 * What others have made for a run, taken up piece by piece.
 *
 * Where a query is answered while a local activity ends, the activity's result reaches the workflow together with the
 * events of its next task, but before them and alone when history is replayed. A run in which those events had a say in
 * what the result leads to could never be replayed. So they wait until that has been done.
 */
export interface Turns {
  /** From now on news wait for `next`. */
  begin: () => void
  /** From now on they do not; those that wait are taken up at once. */
  end: () => void
  /** Takes something up when its turn comes: at once where nobody takes turns. @returns what it comes to. */
  inTurn: <T>(work: () => T | Promise<T>) => T | Promise<T>
  /** Waits for news and takes up the first: whole, whatever comes meanwhile. Or until `holds`, where there are none. */
  next: (holds: () => boolean) => Promise<void>
  /**
   * When that came which is being taken up; without turns, now. Where a local activity outlasted a workflow task it is later
   * when history is replayed: nothing is decided by it.
   */
  time: () => TaskTime
}

/** @param read the moment that it is. @param until resolves when something holds. */
export const createTurns = (read: () => TaskTime, until: (holds: () => boolean) => Promise<void>): Turns => {
  const waiting: News[] = []
  let current: TaskTime | null = null
  return {
    begin: () => {
      current = read()
    },
    end: () => {
      current = null
      for (const news of waiting.splice(0)) void news.take()
    },
    inTurn: (work) => {
      if (current === null) return work()
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof work>>>()
      const take = async (): Promise<void> => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error)
        }
      }
      waiting.push({ cameAt: read(), take })
      return promise
    },
    next: async (holds) => {
      await until(() => waiting.length > 0 || holds())
      const news = waiting.shift()
      if (news === undefined) return
      current = news.cameAt
      await news.take()
    },
    time: () => current ?? read(),
  }
}

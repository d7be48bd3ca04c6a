/** Iterations of one island: the run's iterations split evenly, the remainder to the first islands. */
export const quotaOf = (iterations: number, islands: number, island: number): number =>
  Math.floor(iterations / islands) + (island < iterations % islands ? 1 : 0)

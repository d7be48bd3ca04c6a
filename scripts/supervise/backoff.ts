/** Delays between restarts: doubling from `firstMs` up to `longestMs`, from the start again after a healthy while. */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #healthyMs: number
  #nextMs: number

  constructor({ firstMs = 250, longestMs = 30_000, healthyMs = 30_000 } = {}) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#healthyMs = healthyMs
    this.#nextMs = firstMs
  }

  /** Delay before the next start of something that ran this long. */
  after(ranMs: number): number {
    if (ranMs >= this.#healthyMs) this.#nextMs = this.#firstMs
    const delay = this.#nextMs
    this.#nextMs = Math.min(delay * 2, this.#longestMs)
    return delay
  }
}

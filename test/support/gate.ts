/** Something that waits until a test opens it. */
export interface Gate {
  /** Resolves once somebody has come to the gate. */
  reached: Promise<void>
  open: () => void
  pass: () => Promise<void>
}

export const gate = (): Gate => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: reached, resolve: arrive } = Promise.withResolvers<void>()
  return {
    reached,
    open,
    pass: () => {
      arrive()
      return opened
    },
  }
}

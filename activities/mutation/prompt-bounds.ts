/** Bounds in characters (entries where it says so); the parent and the instructions are shown whole. */
export const promptBounds = {
  companions: 40_000,
  artifact: 2_000,
  artifacts: 8,
  failure: 300,
  failures: 12,
  metrics: 40,
  reply: 16_000,
} as const

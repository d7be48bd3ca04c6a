import { configDefaults, defineConfig } from 'vitest/config'

// These hold durations against bounds, or measure on the device: neighbours would disturb them.
const undisturbed = [
  'test/cli/calibrate.test.ts',
  'test/cli/start.test.ts',
  'test/evaluation/**/*.test.ts',
  'test/runs/chaos.test.ts',
  'test/setup/**/*.test.ts',
  'test/supervise/**/*.test.ts',
  'test/temporal/**/*.test.ts',
]
const shared = { pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 } as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...undisturbed],
          // A run's processes wait for each other most of the time.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'undisturbed',
          include: undisturbed,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

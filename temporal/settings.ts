import type { z } from 'zod'

/** Every issue as `field: what is wrong`, joined into one line. `whole` names the value itself. */
export const describeIssues = (error: z.ZodError, whole: string): string =>
  error.issues.map((issue) => `${issue.path.join('.') || whole}: ${issue.message}`).join('; ')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `override` over `base`, object by object; lists and scalars are replaced, `undefined` overrides nothing. */
export const mergeSettings = (base: unknown, override: unknown): unknown => {
  if (!isObject(base) || !isObject(override)) return override === undefined ? base : override
  const keys = new Set([...Object.keys(base), ...Object.keys(override)])
  return Object.fromEntries([...keys].map((key) => [key, mergeSettings(base[key], override[key])]))
}

import { z } from 'zod'

/** What a strict object says of keys it does not know: which ones it does. */
const explainUnknown: z.core.$ZodErrorMap = (issue) =>
  issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject
    ? `unknown, expected one of ${Object.keys(issue.inst.shape).join(', ')}`
    : undefined

/** For `safeParse`: makes issues that `describeIssues` can say the most of. */
export const explained = { reportInput: true, error: explainUnknown } as const

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value) || value === null

const found = (input: unknown): string => (isScalar(input) ? `, found ${JSON.stringify(input).slice(0, 200)}` : '')

const describeIssue = (issue: z.core.$ZodIssue, whole: string): string[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: ${issue.message}`)
    : [`${issue.path.join('.') || whole}: ${issue.message}${found(issue.input)}`]

/** Every issue as `field: what is wrong`, joined into one line. `whole` names the value itself. */
export const describeIssues = (error: z.ZodError, whole: string): string =>
  error.issues.flatMap((issue) => describeIssue(issue, whole)).join('; ')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `override` over `base`, object by object; lists and scalars are replaced, `undefined` overrides nothing. */
export const mergeSettings = (base: unknown, override: unknown): unknown => {
  if (!isObject(base) || !isObject(override)) return override === undefined ? base : override
  const keys = new Set([...Object.keys(base), ...Object.keys(override)])
  return Object.fromEntries([...keys].map((key) => [key, mergeSettings(base[key], override[key])]))
}

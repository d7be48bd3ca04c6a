/** `warn` works with something missing; `fail` does not work. */
export type Status = 'ok' | 'warn' | 'fail'

/** One part of the system as the doctor found it. */
export interface Check {
  name: string
  status: Status
  found: string
  /** What to do about it; null where there is nothing to mend. */
  mend: string | null
}

export const ok = (name: string, found: string): Check => ({ name, status: 'ok', found, mend: null })
export const warn = (name: string, found: string, mend: string): Check => ({ name, status: 'warn', found, mend })
export const fail = (name: string, found: string, mend: string): Check => ({ name, status: 'fail', found, mend })

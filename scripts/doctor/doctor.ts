import picocolors from 'picocolors'
import { checkCalibration } from './calibration.ts'
import type { Check } from './check.ts'
import {
  checkDisk,
  checkEncryption,
  checkMutator,
  checkNode,
  checkPython,
  checkTemporalCli,
  checkWritable,
  writtenFolders,
} from './machine.ts'
import { checkSandbox } from './sandbox.ts'
import { checkServer } from './server.ts'

/** Looks at every part of the system; finding something broken is a result, not an error. */
export async function runDoctor(): Promise<Check[]> {
  const groups = await Promise.all([
    checkNode(),
    checkPython(),
    checkSandbox(),
    checkCalibration(),
    checkTemporalCli(),
    checkServer(),
    checkMutator(),
    checkEncryption(),
    checkDisk(),
    Promise.all(writtenFolders().map(checkWritable)),
  ])
  return groups.flat()
}

/** One line a check, what to do about it below. */
export function formatDoctor(checks: Check[]): string {
  const { green, yellow, red, dim } = picocolors
  const paint = { ok: green, warn: yellow, fail: red }
  const lines = checks.flatMap(({ name, status, found, mend }) => [
    `${paint[status](status.padEnd(4))}  ${name}: ${found}`,
    ...(mend === null ? [] : [dim(`      ${mend}`)]),
  ])
  return lines.join('\n')
}

import { ApplicationFailure } from '@temporalio/common'
import { execa } from 'execa'

/** A Python process that ended by itself. */
export interface PythonExit {
  exitCode: number
  stdout: string
  stderr: string
}

/** Handed on so that an interpreter finds its libraries; nothing else is, above all no API key. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']

/**
 * Runs Python on the standard library alone (isolated, without site packages) and a minimal environment.
 *
 * Throws ApplicationFailure `PythonMissing` (non-retryable) where there is no such interpreter, `PythonKilled`
 * (retryable) where it hung or was killed. Any exit code is returned: only the caller knows what it means.
 */
export async function runPython(python: string, args: string[], input: string): Promise<PythonExit> {
  const seconds = 15
  const result = await execa(python, ['-I', '-S', ...args], {
    input,
    env: minimalEnvironment(),
    extendEnv: false,
    timeout: seconds * 1000,
    forceKillAfterDelay: 1000,
    reject: false,
    stripFinalNewline: false,
  })
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw ApplicationFailure.create({
      type: 'PythonMissing',
      nonRetryable: true,
      message: `no Python at ${python}: expected an interpreter, version 3.11 or newer`,
    })
  }
  if (result.exitCode === undefined) {
    const end = result.timedOut
      ? `did not finish within ${seconds} s`
      : `was killed (${result.signal ?? 'no exit code'})`
    throw ApplicationFailure.create({ type: 'PythonKilled', message: `${python} ${end}`, cause: result.cause as Error })
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr }
}

function minimalEnvironment(): Record<string, string> {
  const kept = inherited.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(kept)
}

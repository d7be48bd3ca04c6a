import { readFileSync } from 'node:fs'
import { UsageError } from './failure.ts'

const meanings: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder, expected a file',
  ENOTDIR: 'no such file',
  EACCES: 'no permission to read it',
}

const decode = (bytes: Buffer, file: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${file}: not UTF-8 text`)
    throw error
  }
}

const read = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new UsageError(`${file}: cannot be read: ${meanings[String(error.code)] ?? error.code}`)
  }
}

/**
 * A file that a user named, as text.
 * @throws UsageError naming the file.
 */
export const readText = (file: string): string => decode(read(file), file)

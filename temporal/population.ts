import type { Features } from './program.ts'
import type { SelectionConfig } from './run-config.ts'

/** What selection sees of a program: never its source. */
export interface Member {
  id: string
  hash: string
  score: number
  /** Features and numeric metrics by name; grid dimensions are looked up here. */
  features: Features
  /** Encoded size, for the byte budget. */
  bytes: number
}

/** Parents and companions of one draw, by program id. */
export interface Draw {
  parent: string
  top: string[]
  diverse: string[]
}

export interface SelectInput {
  /** Seeds the choice of parents: `<run seed>/<island>/<generation>`. */
  seed: string
  members: Member[]
  newcomers: Member[]
  config: SelectionConfig
  /** Encoded bytes the island may hold. */
  byteBudget: number
  /** Draws to choose parents for. */
  draws: number
  /** Programs to send to the next island; 0 outside migration points. */
  migrants: number
}

export interface SelectResult {
  /** Members and newcomers that do not survive. */
  evicted: string[]
  /** Those of them that only the byte budget evicted. */
  evictedForSize: string[]
  draws: Draw[]
  emigrants: string[]
}

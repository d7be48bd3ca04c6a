import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import { z } from 'zod'
import type { Speedups } from './evaluation.ts'
import type { ProblemSnapshot } from './problem.ts'
import type { Program } from './program.ts'
import type { ExportInput } from './run-activities.ts'
import { budgetBounds } from './run-config.ts'
import type { LineageEntry } from './run-state.ts'
import type { RunStatus } from './run-status.ts'

/** Arguments of `pause`. */
export const pauseRequest = z.strictObject({ reason: z.string().max(500).optional() }).prefault({})
/** Arguments of `extend`. */
export const extendRequest = z.strictObject({ iterations: z.number().int().min(1).max(10_000_000) })
/** Arguments of `inject`. */
export const injectRequest = z.strictObject({ source: z.string().min(1).max(200_000) })
/** Arguments of `setBudget`: the bounds that change, `null` to lift one. */
export const budgetRequest = z
  .strictObject({
    dollars: budgetBounds.dollars.optional(),
    hours: budgetBounds.hours.optional(),
    target: budgetBounds.target.optional(),
    patience: budgetBounds.patience.optional(),
  })
  .refine((request) => Object.keys(request).length > 0, {
    error: 'expected one or more of dollars, hours, target, patience',
  })
/** `resume` and `stop` take none. */
export const emptyRequest = z.strictObject({}).prefault({})

/** Arguments of `population`: a page of one island, or of all. */
export const populationRequest = z
  .strictObject({
    island: z.number().int().min(0).optional(),
    offset: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(1000).default(100),
    sources: z.boolean().default(false),
  })
  .prefault({})
/** Arguments of `best`. */
export const bestRequest = z.strictObject({ source: z.boolean().default(false) }).prefault({})

/** A program as queries tell of it: its figures are called what they are. */
export type ProgramView = Omit<Program, 'source' | 'speedup'> & { source?: string; screened: Speedups | null }

export interface PopulationPage {
  total: number
  offset: number
  programs: ProgramView[]
  /** Set where the page was cut to stay under 1 MB: ask again from here. */
  next: number | null
}

export interface BestView extends ProgramView {
  /** Confirmed figures; `null` where there are none. */
  speedup: Speedups | null
  confirmed: boolean
}

export const statusQuery = defineQuery<RunStatus>('status')
export const bestQuery = defineQuery<BestView | null, [unknown?]>('best')
export const populationQuery = defineQuery<PopulationPage, [unknown?]>('population')
export const lineageQuery = defineQuery<LineageEntry[], [string?]>('lineage')
/** The problem's snapshot, for workers that do not have it yet. */
export const problemQuery = defineQuery<ProblemSnapshot | null>('problem')
/** What an export of an open run needs: state that its export activity would be given. */
export const openExportQuery = defineQuery<ExportInput | null>('export')

/** What a run can be told; each is an update and a signal of the same name. */
export const controlMessages = {
  pause: pauseRequest,
  resume: emptyRequest,
  extend: extendRequest,
  inject: injectRequest,
  setBudget: budgetRequest,
  stop: emptyRequest,
} as const
export type ControlMessage = keyof typeof controlMessages

export const controlUpdate = (name: ControlMessage) => defineUpdate<string, [unknown?]>(name)
export const controlSignal = (name: ControlMessage) => defineSignal<[unknown?]>(name)

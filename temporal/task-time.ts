/** What a workflow can read of the task that it is at. */
export interface TaskTime {
  /** Milliseconds since the epoch. */
  now: number
  historyLength: number
  continueAsNewSuggested: boolean
}

/** What is known of an island's programs, newcomers included, in bytes. */
export interface Load {
  /** All of them, uncompressed. */
  bytes: number
  /** The newcomers among them. */
  added: number
  /** What they may take once they are compressed. */
  budget: number
  /** What they may take before that; more than `budget`. */
  most: number
  /** What may join since they were last weighed; undefined where they never were. */
  headroom: number | undefined
}

/** Selects with a limit in uncompressed bytes, and weighs who would stay, compressed. */
export interface Scales<Selection> {
  selectUpTo: (limit: number) => Promise<Selection>
  /** `null` weighs everybody. */
  weigh: (selection: Selection | null) => Promise<number>
}

/** Less than what would just fit, so that not every newcomer has to be weighed. */
const slack = 0.95

/**
 * Selects so that who stays fits the budget compressed. As that is slow to find out, programs are weighed only when those
 * that joined since could be too much even if nothing compressed them; and the fewer fit, the better they compress.
 */
export const fitBytes = async <Selection>(
  { bytes, added, budget, most, headroom = -1 }: Load,
  { selectUpTo, weigh }: Scales<Selection>,
): Promise<{ selection: Selection; headroom?: number }> => {
  if (bytes <= budget) return { selection: await selectUpTo(budget) }
  let limit = Math.min(bytes, most)
  if (headroom >= added) return { selection: await selectUpTo(limit), headroom: headroom - added }
  let selection: Selection | null = limit < bytes ? await selectUpTo(limit) : null
  for (;;) {
    const encoded = await weigh(selection)
    if (encoded <= budget) return { selection: selection ?? (await selectUpTo(limit)), headroom: budget - encoded }
    limit = Math.max(budget, Math.floor((limit * slack * budget) / encoded))
    selection = await selectUpTo(limit)
    // So few are not too many, however badly they compress.
    if (limit === budget) return { selection }
  }
}

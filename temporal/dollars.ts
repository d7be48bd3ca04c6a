/** An amount in US dollars, with as many digits as small ones need. */
export const showDollars = (amount: number): string => `$${amount < 1 ? amount.toPrecision(2) : amount.toFixed(2)}`

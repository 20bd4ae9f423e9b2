/** One figure with what it is a share of; see partials/facts.hbs. */
export interface Fact {
  readonly label: string
  readonly value: string
  readonly note?: string
  /** The figure without rounding. */
  readonly exact?: string
  /** Anchor on the help page. */
  readonly help?: string
}

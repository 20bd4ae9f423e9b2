/** What stands in the cells of tables; the markup of each kind is in plugins/view-helpers.ts. */
import type { HistogramBucket, ProfileFrame } from '../../contract/common.js'
import type { LadderBar, StateClass } from './states.js'

export type Cell =
  | { readonly kind: 'duration'; readonly ns: number | null; readonly url?: string }
  | { readonly kind: 'count'; readonly value: number | string; readonly url?: string }
  | { readonly kind: 'percent'; readonly share: number }
  | { readonly kind: 'function'; readonly name: string; readonly url: string }
  | { readonly kind: 'text'; readonly text: string; readonly url?: string; readonly note?: string }
  | { readonly kind: 'bar'; readonly bar: LadderBar }
  | { readonly kind: 'spark'; readonly spark: Spark }
  | { readonly kind: 'links'; readonly links: readonly TextLink[]; readonly more: number }
  /** `of`: whose it is, where that is not the goroutine of the page. */
  | { readonly kind: 'stack'; readonly frames: readonly ProfileFrame[]; readonly of?: TextLink }
  | { readonly kind: 'state'; readonly state: StateClass; readonly text: string }
  | { readonly kind: 'place'; readonly func: string; readonly location: string }
  | {
      readonly kind: 'toggle'
      readonly text: string
      readonly url: string
      readonly open: boolean
      readonly anchor: string
    }

export interface TextLink {
  readonly text: string
  readonly url: string
}

/** A small upright histogram; all rows of a table share one axis. */
export interface Spark {
  readonly bars: {
    readonly x: number
    readonly y: number
    readonly height: number
    readonly url: string
    readonly label: string
  }[]
  readonly width: number
  readonly label: string
}

export interface SparkAxis {
  readonly ticks: { readonly x: string; readonly text: string; readonly anchor: string }[]
  /** The picture of one row's buckets. */
  readonly sparkOf: (
    buckets: readonly HistogramBucket[],
    what: string,
    urlOf: (bucket: HistogramBucket) => string,
  ) => Spark
}

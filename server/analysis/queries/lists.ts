/** What every list has in common: paging, order, quantiles. */

import { type Id, type ListFacts, type ListParams, MOST_ROWS, type Quantiles } from '../../contract/common.js'
import type { Dictionary } from '../../core/dictionary.js'
import { selectPlace } from '../../core/select.js'
import { CodedError } from '../../errors.js'
import type { TraceFacts } from '../facts/trace-facts.js'

/** The facts that head a list of `total` rows after filters. */
export function listFacts(facts: TraceFacts, params: ListParams, total: number): ListFacts {
  return { total, offset: params.offset, limit: params.limit, ready: true, partial: facts.partial }
}

/** Where the page that is asked for ends among `total` rows; limit 0 takes all. Throws CodedError TOO_LARGE. */
export function pageEnd(total: number, { limit, offset }: ListParams): number {
  const end = limit === 0 ? total : Math.min(total, offset + limit)
  if (end - offset > MOST_ROWS) {
    throw new CodedError(
      'TOO_LARGE',
      `These are ${end - offset} rows, and an answer has at most ${MOST_ROWS}: ask for them in parts, with limit and offset.`,
    )
  }
  return end
}

/** Figures by the title of their column. A title comes from a URL, so it is never the key of a plain object. */
export type SortKeys<T> = ReadonlyMap<string, (row: T) => number>

/** Rows of the page that is asked for. */
export function pageOf<T>(rows: readonly T[], params: ListParams): readonly T[] {
  return rows.slice(params.offset, pageEnd(rows.length, params))
}

/**
 * Statistics of figures and of `zeros` more that are 0: nearest rank, mean cut to an integer. The figures are moved
 * about.
 */
export function quantilesOf(figures: Float64Array, zeros = 0): Quantiles {
  const count = figures.length + zeros
  if (count === 0) return { total: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 }
  let total = 0
  let min = zeros > 0 ? 0 : figures[0]
  let max = min
  for (let i = 0; i < figures.length; i++) {
    const figure = figures[i]
    total += figure
    if (figure < min) min = figure
    if (figure > max) max = figure
  }
  const [p50, p90, p99] = nearestRanks(figures, [0.5, 0.9, 0.99], zeros)
  return { total, min, mean: Math.trunc(total / count), p50, p90, p99, max }
}

/**
 * The figures at some shares of the order of all, ascending shares; 0 of no figures. Other arguments as those of
 * `quantilesOf`.
 */
export function nearestRanks(figures: Float64Array, shares: readonly number[], zeros = 0): number[] {
  const count = figures.length + zeros
  let firstZero = 0
  for (let i = 0; i < figures.length; i++) if (figures[i] < 0) firstZero++
  let from = 0
  return shares.map(share => {
    const rank = Math.max(0, Math.ceil(share * count) - 1)
    if (count === 0 || (rank >= firstZero && rank < firstZero + zeros)) return 0
    const place = rank < firstZero ? rank : rank - zeros
    selectPlace(figures.subarray(from), place - from, (a, b) => a - b)
    from = place
    return figures[place]
  })
}

/**
 * Positions of the page that is asked for in the order of `keys`, ties by `compareTies`. Only that page is sorted: a
 * full sort with a comparator of a million rows takes a second.
 */
export function orderedPage(
  keys: Float64Array,
  descending: boolean,
  compareTies: (a: number, b: number) => number,
  params: ListParams,
): Uint32Array {
  const { length } = keys
  const { offset } = params
  const end = pageEnd(length, params)
  if (offset >= end) return new Uint32Array(0)
  const compare = (a: number, b: number) => (descending ? keys[b] - keys[a] : keys[a] - keys[b]) || compareTies(a, b)
  const positions = new Uint32Array(length)
  for (let position = 0; position < length; position++) positions[position] = position
  selectPlace(positions, end - 1, compare)
  const before = positions.subarray(0, end)
  selectPlace(before, offset, compare)
  return before.subarray(offset).sort(compare)
}

/** A goroutine or proc id for people; Go prints these as signed numbers. */
export function signedId(dictionary: Dictionary, code: number): Id {
  return code >= -1 ? code : dictionary.wide.signedText(code)
}

/** A task id for people. */
export function unsignedId(dictionary: Dictionary, code: number): Id {
  return code >= 0 ? code : dictionary.wide.text(code)
}

/** Order of two ids by their value. */
export function compareIds(dictionary: Dictionary, a: number, b: number): number {
  if (a >= -1 && b >= -1) return a - b
  const first = BigInt.asIntN(64, dictionary.wide.decode(a))
  const second = BigInt.asIntN(64, dictionary.wide.decode(b))
  return first < second ? -1 : first > second ? 1 : 0
}

/** The code of an id from a request, or undefined when no such number can be in the trace. */
export function codeOfId(dictionary: Dictionary, id: Id): number | undefined {
  return dictionary.wide.find(BigInt.asUintN(64, BigInt(id)))
}

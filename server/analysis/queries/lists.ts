/** What every list has in common: paging, order, quantiles. */

import type { Dictionary } from '../../shared/dictionary.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import type { Id, ListFacts, ListParams, Quantiles } from '../trace-client.js'

/** The facts that head a list of `total` rows after filters. */
export function listFacts(facts: TraceFacts, params: ListParams, total: number): ListFacts {
  return { total, offset: params.offset, limit: params.limit, ready: true, partial: facts.partial }
}

/** Rows of the page that is asked for; limit 0 takes all. */
export function pageOf<T>(rows: readonly T[], params: ListParams): readonly T[] {
  const end = params.limit === 0 ? rows.length : params.offset + params.limit
  return rows.slice(params.offset, end)
}

/** Statistics of figures that are sorted ascending: nearest rank, mean cut to an integer. */
export function quantilesOf(sorted: Float64Array): Quantiles {
  const { length } = sorted
  if (length === 0) return { total: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 }
  let total = 0
  for (let i = 0; i < length; i++) total += sorted[i]
  return {
    total,
    min: sorted[0],
    mean: Math.trunc(total / length),
    p50: nearestRank(sorted, 0.5),
    p90: nearestRank(sorted, 0.9),
    p99: nearestRank(sorted, 0.99),
    max: sorted[length - 1],
  }
}

export function nearestRank(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/**
 * Positions of the page that is asked for in the order of `keys`, ties by `compareTies`. Only the positions up to the end
 * of the page are sorted: a full sort with a comparator of a million rows takes a second.
 */
export function orderedPage(
  keys: Float64Array,
  descending: boolean,
  compareTies: (a: number, b: number) => number,
  params: ListParams,
): Uint32Array {
  const { length } = keys
  const end = params.limit === 0 ? length : Math.min(length, params.offset + params.limit)
  const compare = (a: number, b: number) => (descending ? keys[b] - keys[a] : keys[a] - keys[b]) || compareTies(a, b)
  let candidates: Uint32Array
  if (end * 4 >= length) candidates = Uint32Array.from(keys, (_, position) => position)
  else {
    if (end === 0) return new Uint32Array(0)
    const sorted = keys.slice().sort()
    const bound = descending ? sorted[length - end] : sorted[end - 1]
    let count = 0
    const inside = (key: number) => (descending ? key >= bound : key <= bound)
    for (let i = 0; i < length; i++) if (inside(keys[i])) count++
    candidates = new Uint32Array(count)
    count = 0
    for (let i = 0; i < length; i++) if (inside(keys[i])) candidates[count++] = i
  }
  return candidates.sort(compare).subarray(params.offset, end)
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
  if (typeof id === 'number' && id >= -1) return id
  const value = BigInt.asUintN(64, BigInt(id))
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
  const row = dictionary.wide.values.indexOf(value)
  return row < 0 ? undefined : -2 - row
}

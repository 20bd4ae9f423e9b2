/** The user's regions: types of regions, the regions of a filter, and what profiles need of them (endpoints.md §13). */
import type {
  RegionFilter,
  RegionRow,
  RegionsAnswer,
  RegionType,
  RegionTypesAnswer,
} from '../../contract/annotations.js'
import type { Id, ListParams } from '../../contract/common.js'
import type { GoroutineRegion } from '../../contract/goroutines.js'
import { IdTable } from '../../core/dictionary.js'
import { formatDuration } from '../../shared/duration.js'
import { groupRows, rowsOf } from '../facts/records.js'
import { BeginKind, NO_TIME, RegionNumber } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { durationFacts, quote, sortTypes } from './annotations.js'
import { filterRows, rangeColumns, rangesOf, regionStats, statColumns, statsOf, summaryOf } from './breakdown.js'
import { frameAnswer } from './frames.js'
import { sortRows } from './goroutines.js'
import { compareIds, listFacts, pageOf, type SortKeys, signedId, unsignedId } from './lists.js'

/** Pairs of a name and a frame are one number: frames below this. */
const FRAME_LIMIT = 0x4000000

export function answerRegionTypes(facts: TraceFacts, params: ListParams): RegionTypesAnswer {
  const { dictionary } = facts
  const groups = groupByPlace(facts)
  const { strings } = dictionary
  const pcOf = (frame: number) => (frame < 0 ? 0n : dictionary.framePcs[frame])
  const wanted = params.filter.toLowerCase()
  const types = groups
    .sort((a, b) => {
      if (a.name !== b.name) return strings[a.name] < strings[b.name] ? -1 : 1
      const difference = pcOf(a.frame) - pcOf(b.frame)
      return difference === 0n ? a.frame - b.frame : difference < 0n ? -1 : 1
    })
    .map(({ name, frame, durations }): RegionType => {
      const place = frame < 0 ? { func: '', pc: '0', file: '', line: 0 } : frameAnswer(dictionary, frame)
      return { type: dictionary.text(name), ...place, count: durations.length, ...durationFacts(durations) }
    })
    .filter(({ type, func, file, pc }) => [type, func, file, pc].some(text => text.toLowerCase().includes(wanted)))
  sortTypes(types, typeKeys.get(params.sortby), params)
  return { ...listFacts(facts, params, types.length), regions: [...pageOf(types, params)] }
}

/** Durations of the regions of each name and frame that started them. */
function groupByPlace(facts: TraceFacts): { name: number; frame: number; durations: Float64Array }[] {
  const rows = facts.taskIndex.listedRegions
  const groups = new IdTable()
  const groupOf = new Uint32Array(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const name = facts.regions.ofBegin(rows[i], BeginKind.Name)
    groupOf[i] = groups.add(name * FRAME_LIMIT + startFrame(facts, rows[i]) + 1)
  }
  const grouped = groupRows(rows.length, groups.length, i => groupOf[i])
  return Array.from(groups.from(0), (code, group) => ({
    name: Math.floor(code / FRAME_LIMIT),
    frame: (code % FRAME_LIMIT) - 1,
    durations: Float64Array.from(rowsOf(grouped, group), i => endOf(facts, rows[i]) - startOf(facts, rows[i])),
  }))
}

const typeKeys: SortKeys<RegionType> = new Map([
  ['Count', type => type.count],
  ['p50', type => type.p50Ns],
  ['p99', type => type.p99Ns],
  ['max', type => type.maxNs],
])

export function answerRegions(facts: TraceFacts, params: ListParams & RegionFilter): RegionsAnswer {
  const { dictionary, regions } = facts
  const source = regionStats(facts)
  const members = matchingRegions(facts, params, facts.taskIndex.listedRegions)
  const columns = statColumns(source, members)
  const ranges = rangeColumns(source, members)
  const all = [...columns, ...ranges]
  const goroutineId = (region: number) => dictionary.goroutines.ids[regions.number(region, RegionNumber.Goroutine)]
  const rows = filterRows(members, params.filter, row => dictionary.wide.signedText(goroutineId(row)), all)
  const ties = (a: number, b: number) =>
    compareIds(dictionary, goroutineId(a), goroutineId(b)) || startOf(facts, a) - startOf(facts, b) || a - b
  const page = sortRows(source, rows, all, params, ties)
  return {
    ...listFacts(facts, params, rows.length),
    title: titleOf(params),
    count: members.length,
    columns: columns.map(column => column.title),
    rangeColumns: ranges.map(column => column.title),
    regions: page.map(
      (region): RegionRow => ({
        goroutine: signedId(dictionary, goroutineId(region)),
        ...intervalAnswer(facts, region),
        totalTimeNs: source.total.value(region),
        stats: statsOf(source, region),
        ranges: rangesOf(source, region),
      }),
    ),
    summary: summaryOf(source, all, rows),
  }
}

/** A region in the list of its goroutine. */
export function goroutineRegion(facts: TraceFacts, region: number): GoroutineRegion {
  const { dictionary, regions } = facts
  const frame = startFrame(facts, region)
  return {
    type: dictionary.text(regions.ofBegin(region, BeginKind.Name)),
    func: frame < 0 ? '' : dictionary.text(dictionary.frameFunctions[frame]),
    ...intervalAnswer(facts, region),
  }
}

function intervalAnswer(facts: TraceFacts, region: number) {
  const { dictionary, regions } = facts
  const task = regions.number(region, RegionNumber.Task)
  return {
    task: (task < 0 ? 0 : unsignedId(dictionary, dictionary.tasks.ids[task])) as Id,
    startNs: startOf(facts, region),
    endNs: endOf(facts, region),
    begun: regions.start(region) !== NO_TIME,
    ended: regions.end(region) !== NO_TIME,
  }
}

/** Those of the rows that pass the filter. */
function matchingRegions(facts: TraceFacts, filter: RegionFilter, rows: Uint32Array): Uint32Array {
  const { dictionary, regions } = facts
  const { type, pc, latmin, latmax } = filter
  const wantedPc = pc === undefined ? undefined : BigInt(`0x${pc}`)
  return rows.filter(region => {
    if (type !== undefined && dictionary.text(regions.ofBegin(region, BeginKind.Name)) !== type) return false
    if (wantedPc !== undefined) {
      const frame = startFrame(facts, region)
      if ((frame < 0 ? 0n : dictionary.framePcs[frame]) !== wantedPc) return false
    }
    if (latmin === undefined && latmax === undefined) return true
    const length = endOf(facts, region) - startOf(facts, region)
    return (latmin === undefined || length >= latmin) && (latmax === undefined || length <= latmax)
  })
}

/**
 * Intervals by goroutine: `bounds` holds start, end, start, end, …; those of goroutine row g stand from `firsts[g]` to
 * `firsts[g + 1]`.
 */
export interface Intervals {
  readonly firsts: Uint32Array
  readonly bounds: Float64Array
}

/**
 * The outermost of the regions' intervals, ascending and apart from one another. Of two that begin together the shorter
 * is kept, as cmd/trace does.
 */
export function regionIntervals(facts: TraceFacts, filter: RegionFilter): Intervals {
  const matching = matchingRegions(facts, filter, facts.taskIndex.goroutineRegions.rows)
  const goroutineOf = (region: number) => facts.regions.number(region, RegionNumber.Goroutine)
  const firsts = new Uint32Array(facts.goroutines.length + 1)
  const bounds = new Float64Array(matching.length * 2)
  // cmd/trace compares with the absolute time 0 first; v1 traces begin at −1, and a region that began before them drops
  // out.
  const beforeAll = Math.min(1, Number(-facts.startTime))
  let length = 0
  let at = 0
  for (let goroutine = 0; goroutine < facts.goroutines.length; goroutine++) {
    const begin = at
    while (at < matching.length && goroutineOf(matching[at]) === goroutine) at++
    const regions = matching.subarray(begin, at)
    // They come by start; to sort each goroutine's again would take most of the time.
    if (!isAscending(regions, region => startOf(facts, region))) {
      regions.sort((a, b) => startOf(facts, a) - startOf(facts, b) || endOf(facts, a) - endOf(facts, b))
    }
    let last = beforeAll
    for (const region of regions) {
      const start = startOf(facts, region)
      if (start < last) continue
      last = endOf(facts, region)
      bounds[length++] = start
      bounds[length++] = last
    }
    firsts[goroutine + 1] = length
  }
  return { firsts, bounds: bounds.slice(0, length) }
}

/** Whether every row's figure is larger than that of the row before it. */
function isAscending(rows: Uint32Array, figureOf: (row: number) => number): boolean {
  for (let i = 1; i < rows.length; i++) if (figureOf(rows[i - 1]) >= figureOf(rows[i])) return false
  return true
}

/** The frame that started a region: the leaf of its begin stack, −1 where that is not in the trace. */
function startFrame({ dictionary, regions }: TraceFacts, region: number): number {
  return dictionary.stackFrames[regions.ofBegin(region, BeginKind.StartStack)]
}

function startOf({ regions }: TraceFacts, region: number): number {
  const start = regions.start(region)
  return start === NO_TIME ? 0 : start
}

function endOf({ regions, endNs }: TraceFacts, region: number): number {
  const end = regions.end(region)
  return end === NO_TIME ? endNs : end
}

function titleOf({ type, pc, latmin, latmax }: RegionFilter): string {
  const parts: string[] = []
  if (type !== undefined) parts.push(quote(type))
  if (pc !== undefined) parts.push(`@ 0x${pc}`)
  if (latmin !== undefined) parts.push(`(latency >= ${formatDuration(latmin)})`)
  if (latmax !== undefined) parts.push(`(latency <= ${formatDuration(latmax)})`)
  return parts.join(' ')
}

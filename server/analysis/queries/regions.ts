/** The user's regions: types of regions, the regions of a filter, and what profiles need of them (endpoints.md §13). */
import { formatDuration } from '../../shared/duration.js'
import type {
  GoroutineRegion,
  RegionFilter,
  RegionRow,
  RegionsAnswer,
  RegionType,
  RegionTypesAnswer,
} from '../annotation-answers.js'
import { NO_TIME, RegionNumber, RegionTime } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import type { Id, ListParams } from '../trace-client.js'
import { durationFacts, quote, sortTypes } from './annotations.js'
import { filterRows, rangeColumns, rangesOf, regionStats, statColumns, statsOf, summaryOf } from './breakdown.js'
import { frameAnswer } from './frames.js'
import { sortRows } from './goroutines.js'
import { compareIds, listFacts, pageOf, signedId, unsignedId } from './lists.js'

export function answerRegionTypes(facts: TraceFacts, params: ListParams): RegionTypesAnswer {
  const { dictionary } = facts
  const groups = new Map<string, { name: number; frame: number; rows: number[] }>()
  for (const region of facts.taskIndex.goroutineRegions.rows) {
    const name = facts.regions.number(region, RegionNumber.Name)
    const frame = startFrame(facts, region)
    const key = `${name},${frame}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { name, frame, rows: [region] })
    else group.rows.push(region)
  }
  const { strings } = dictionary
  const pcOf = (frame: number) => (frame < 0 ? 0n : dictionary.framePcs[frame])
  const wanted = params.filter.toLowerCase()
  const types = Array.from(groups.values())
    .sort((a, b) => {
      if (a.name !== b.name) return strings[a.name] < strings[b.name] ? -1 : 1
      const difference = pcOf(a.frame) - pcOf(b.frame)
      return difference === 0n ? a.frame - b.frame : difference < 0n ? -1 : 1
    })
    .map(({ name, frame, rows }): RegionType => {
      const durations = Float64Array.from(rows, region => endOf(facts, region) - startOf(facts, region))
      const place = frame < 0 ? { func: '', pc: '0', file: '', line: 0 } : frameAnswer(dictionary, frame)
      return { type: dictionary.text(name), ...place, count: rows.length, ...durationFacts(durations) }
    })
    .filter(({ type, func, file, pc }) => [type, func, file, pc].some(text => text.toLowerCase().includes(wanted)))
  sortTypes(types, typeKeys[params.sortby], params)
  return { ...listFacts(facts, params, types.length), regions: [...pageOf(types, params)] }
}

const typeKeys: Record<string, ((type: RegionType) => number) | undefined> = {
  Count: type => type.count,
  p50: type => type.p50Ns,
  p99: type => type.p99Ns,
  max: type => type.maxNs,
}

export function answerRegions(facts: TraceFacts, params: ListParams & RegionFilter): RegionsAnswer {
  const { dictionary, regions } = facts
  const source = regionStats(facts)
  const members = matchingRegions(facts, params)
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
        totalTimeNs: source.total(region),
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
    type: dictionary.text(regions.number(region, RegionNumber.Name)),
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
    begun: regions.time(region, RegionTime.Start) !== NO_TIME,
    ended: regions.time(region, RegionTime.End) !== NO_TIME,
  }
}

/** Rows of the regions in the lists of goroutines that pass the filter. */
export function matchingRegions(facts: TraceFacts, filter: RegionFilter): Uint32Array {
  const { dictionary, regions } = facts
  const { type, pc, latmin, latmax } = filter
  const wantedPc = pc === undefined ? undefined : BigInt(`0x${pc}`)
  return facts.taskIndex.goroutineRegions.rows.filter(region => {
    if (type !== undefined && dictionary.text(regions.number(region, RegionNumber.Name)) !== type) return false
    if (wantedPc !== undefined) {
      const frame = startFrame(facts, region)
      if ((frame < 0 ? 0n : dictionary.framePcs[frame]) !== wantedPc) return false
    }
    const length = endOf(facts, region) - startOf(facts, region)
    return (latmin === undefined || length >= latmin) && (latmax === undefined || length <= latmax)
  })
}

/**
 * The outermost of the regions' intervals by goroutine row: start, end, start, end, …. Of two that begin together the shorter is kept,
 * as cmd/trace does.
 */
export function regionIntervals(facts: TraceFacts, filter: RegionFilter): Map<number, Float64Array> {
  const byGoroutine = new Map<number, [start: number, end: number][]>()
  for (const region of matchingRegions(facts, filter)) {
    const goroutine = facts.regions.number(region, RegionNumber.Goroutine)
    const interval: [number, number] = [startOf(facts, region), endOf(facts, region)]
    const intervals = byGoroutine.get(goroutine)
    if (intervals === undefined) byGoroutine.set(goroutine, [interval])
    else intervals.push(interval)
  }
  const outermost = new Map<number, Float64Array>()
  // cmd/trace compares with the absolute time 0 first; v1 traces begin at −1, and a region that began before them drops out.
  const beforeAll = Math.min(1, Number(-facts.startTime))
  for (const [goroutine, intervals] of byGoroutine) {
    intervals.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    const kept: number[] = []
    let last = beforeAll
    for (const [start, end] of intervals) {
      if (start < last) continue
      kept.push(start, end)
      last = end
    }
    outermost.set(goroutine, Float64Array.from(kept))
  }
  return outermost
}

/** The frame that started a region: the leaf of its begin stack, −1 where that is not in the trace. */
function startFrame({ dictionary, regions }: TraceFacts, region: number): number {
  return dictionary.stackFrames[regions.number(region, RegionNumber.StartStack)]
}

function startOf({ regions }: TraceFacts, region: number): number {
  const start = regions.time(region, RegionTime.Start)
  return start === NO_TIME ? 0 : start
}

function endOf({ regions, endNs }: TraceFacts, region: number): number {
  const end = regions.time(region, RegionTime.End)
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

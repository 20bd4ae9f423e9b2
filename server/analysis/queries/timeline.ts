/**
 * Tracks of the timeline. Their places are fixed: goroutines by group and, inside it, in the order in which the trace
 * tells of them; procs and threads by id; tasks in the order in which the trace tells of them; groups by name.
 */

import type { Id } from '../../contract/common.js'
import type { TrackListParams, TrackOrder, TrackRange } from '../../contract/timeline.js'
import type { Dictionary, IdTable } from '../../core/dictionary.js'
import { firstPlace } from '../../shared/search.js'
import { runtimeLanes, type TimelineTrack, type TracksAnswer } from '../../shared/timeline.js'
import { G, N } from '../facts/goroutines.js'
import { rowsOf } from '../facts/records.js'
import { NO_TIME, TaskNumber, TaskTime } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { eachInOrder } from './goroutines.js'
import { compareIds, signedId, unsignedId } from './lists.js'

/** Tracks of a view by index. */
interface View {
  readonly count: number
  id(index: number): Id
  track(index: number): TimelineTrack
  /** Text that a filter looks at. */
  text(index: number): string
}

/** What the spans know of the tracks and the facts do not. */
export interface TrackFacts {
  readonly quickLevel: number
  /** Lanes of the runtime on which there is nothing. */
  readonly emptyLanes: readonly number[]
}

export function answerTimelineTracks(
  facts: TraceFacts,
  { quickLevel, emptyLanes }: TrackFacts,
  params: TrackListParams,
): TracksAnswer {
  const view = viewOf(facts, params.view)
  const wanted = params.filter.toLowerCase()
  let [first, end] = [0, view.count]
  if (params.view === 'goroutine' && params.group !== undefined) {
    const { starts } = facts.groups
    first = starts[params.group] ?? end
    end = starts[params.group + 1] ?? end
  }
  const tracks: TimelineTrack[] = []
  let total = 0
  for (let index = first; index < end; index++) {
    if (params.id !== undefined && String(view.id(index)) !== params.id) continue
    if (wanted !== '' && !view.text(index).toLowerCase().includes(wanted)) continue
    if (total >= params.offset && tracks.length < params.limit) tracks.push(view.track(index))
    total++
  }
  const mark = (track: TimelineTrack) => ({ ...track, isEmpty: emptyLanes.includes(track.index) })
  return {
    view: params.view,
    endNs: facts.endNs,
    total,
    offset: params.offset,
    quickLevel,
    tracks: params.view === 'runtime' ? tracks.map(mark) : tracks,
  }
}

/** The rows of all tracks, for the thread that has the spans. */
export function trackOrder({ dictionary, groups }: TraceFacts): TrackOrder {
  return {
    goroutines: groups.rows,
    groupStarts: groups.starts,
    procs: sortedRows(dictionary, dictionary.procs),
    threads: sortedRows(dictionary, dictionary.threads),
  }
}

/** Finds the index of goroutine rows' tracks; made once for many of them. */
export function goroutineTracks(facts: TraceFacts): (row: number) => number {
  const { goroutines, groups, groupNames } = facts
  const groupOf = new Map(groupNames.map((name, group) => [name, group]))
  return row => {
    const group = goroutines.exists(row) ? groupOf.get(goroutines.number(row, N.Name)) : undefined
    if (group === undefined) return -1
    const place = firstPlace(groups.starts[group], groups.starts[group + 1], place => groups.rows[place] >= row)
    return groups.rows[place] === row ? place : -1
  }
}

/** Rows of tasks by index of their track. */
export function taskTracks({ tasks }: TraceFacts): Uint32Array {
  const rows = new Uint32Array(tasks.length)
  let count = 0
  for (let row = 0; row < tasks.length; row++) if (tasks.exists(row)) rows[count++] = row
  return rows.subarray(0, count)
}

function viewOf(facts: TraceFacts, view: TrackListParams['view']): View {
  switch (view) {
    case 'goroutine':
      return goroutineView(facts)
    case 'group':
      return groupView(facts)
    case 'task':
      return taskView(facts)
    case 'runtime':
      return runtimeView(facts)
    default:
      return resourceView(facts, view === 'proc' ? facts.dictionary.procs : facts.dictionary.threads, view)
  }
}

function goroutineView(facts: TraceFacts): View {
  const { dictionary, goroutines, groups, spent, endNs } = facts
  const name = (row: number) => dictionary.text(goroutines.number(row, N.Name))
  const id = (row: number) => signedId(dictionary, dictionary.goroutines.ids[row])
  let group = 0
  const groupOf = (index: number) => {
    if (groups.starts[group] > index) group = 0
    while (groups.starts[group + 1] <= index) group++
    return group
  }
  return {
    count: groups.rows.length,
    id: index => id(groups.rows[index]),
    track: index => {
      const row = groups.rows[index]
      const end = goroutines.time(row, G.End)
      return {
        index,
        id: id(row),
        name: name(row),
        startNs: goroutines.time(row, G.Creation),
        endNs: end < 0 || goroutines.number(row, N.Forever) === 1 ? endNs : end,
        group: groupOf(index),
        runningNs: spent.exec(row),
      }
    },
    text: index => `g${id(groups.rows[index])} ${name(groups.rows[index])}`,
  }
}

function groupView(facts: TraceFacts): View {
  const { dictionary, groups, groupNames, endNs } = facts
  const name = (group: number) => dictionary.text(groupNames[group])
  let running: Float64Array | null = null
  return {
    count: groupNames.length,
    id: group => group,
    track: group => {
      running ??= runningByGroup(facts)
      const runningNs = running[group]
      const first = groups.starts[group]
      const count = groups.starts[group + 1] - first
      return { index: group, id: group, name: name(group), startNs: 0, endNs, runningNs, first, count }
    },
    text: name,
  }
}

/** For all groups at once, because their goroutines lie among each other. */
function runningByGroup(facts: TraceFacts): Float64Array {
  const sums = new Float64Array(facts.groupNames.length)
  eachInOrder(facts, (row, group) => {
    sums[group] += facts.spent.exec(row)
  })
  return sums
}

function taskView(facts: TraceFacts): View {
  const { dictionary, tasks } = facts
  const rows = taskTracks(facts)
  const id = (row: number): Id => unsignedId(dictionary, dictionary.tasks.ids[row])
  const name = (row: number) => dictionary.text(tasks.number(row, TaskNumber.Name))
  const time = (row: number, field: number) => (tasks.time(row, field) === NO_TIME ? null : tasks.time(row, field))
  return {
    count: rows.length,
    id: index => id(rows[index]),
    track: index => {
      const row = rows[index]
      const parent = tasks.parent(row)
      return {
        index,
        id: id(row),
        name: name(row),
        startNs: time(row, TaskTime.Start),
        endNs: time(row, TaskTime.End),
        parent: parent < 0 ? null : id(parent),
      }
    },
    text: index => `${id(rows[index])} ${name(rows[index])}`,
  }
}

function resourceView({ dictionary, endNs }: TraceFacts, table: IdTable, view: string): View {
  const rows = sortedRows(dictionary, table)
  const id = (index: number) => signedId(dictionary, table.ids[rows[index]])
  return {
    count: rows.length,
    id,
    track: index => ({ index, id: id(index), name: '', startNs: 0, endNs }),
    text: index => `${view === 'proc' ? 'P' : 'M'}${id(index)}`,
  }
}

function runtimeView({ endNs }: TraceFacts): View {
  return {
    count: runtimeLanes.length,
    id: index => index,
    track: index => ({ index, id: index, ...runtimeLanes[index], startNs: 0, endNs }),
    text: index => runtimeLanes[index].name,
  }
}

function sortedRows(dictionary: Dictionary, { ids, length }: IdTable): Uint32Array {
  return Uint32Array.from({ length }, (_, row) => row).sort((a, b) => compareIds(dictionary, ids[a], ids[b]))
}

/** Goroutine rows of the tracks of a range, by row. */
export function goroutinesOf(facts: TraceFacts, { first, last }: TrackRange): Map<number, number> {
  const tracks = new Map<number, number>()
  for (let index = first; index <= last && index < facts.groups.rows.length; index++) {
    tracks.set(facts.groups.rows[index], index)
  }
  return tracks
}

/** Region rows of a goroutine's list. */
export function regionsOf({ taskIndex }: TraceFacts, goroutine: number): Uint32Array {
  return rowsOf(taskIndex.goroutineRegions, goroutine)
}

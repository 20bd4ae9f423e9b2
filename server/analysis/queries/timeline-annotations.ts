/** Regions and logs on the tracks of the timeline, what is around a goroutine at a moment, and the search. */
import type { Id } from '../../contract/common.js'
import type { GoroutineAt, TimelineQueries, TimeRange, TrackRange } from '../../contract/timeline.js'
import { firstPlace } from '../../shared/search.js'
import type {
  SearchAnswer,
  TimelineLog,
  TimelineMatch,
  TimelineRegion,
  TimelineRegionsAnswer,
} from '../../shared/timeline.js'
import { G, N } from '../facts/goroutines.js'
import { rowsOf } from '../facts/records.js'
import { BeginKind, LogNumber, NO_TIME, RegionNumber, TaskNumber, TaskTime } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { goroutineRow, membersOf } from './goroutines.js'
import { signedId, unsignedId } from './lists.js'
import { goroutinesOf, goroutineTracks, regionsOf, taskTracks } from './timeline.js'

/** Most regions and logs of one answer. */
const MOST = 5000

export function answerTimelineRegions(
  facts: TraceFacts,
  params: TrackRange & TimeRange,
): Omit<TimelineRegionsAnswer, 'samples'> {
  const { regions: table, logs: logTable, taskIndex } = facts
  const { fromNs, toNs } = params
  const regions: TimelineRegion[] = []
  const logs: TimelineLog[] = []
  const totals = { regions: 0, logs: 0, samples: 0 }
  const depthOf = regionDepths(facts)
  const takeRegion = (row: number, track: number) => {
    const { startNs, endNs } = timesOf(facts, row)
    if ((startNs ?? 0) >= toNs || (endNs ?? facts.endNs) < fromNs) return
    totals.regions++
    if (regions.length < MOST) {
      const goid = goroutineId(facts, table.number(row, RegionNumber.Goroutine))
      const task = taskId(facts, table.number(row, RegionNumber.Task))
      regions.push({
        track,
        name: regionName(facts, row),
        goid,
        task,
        depth: depthOf(row),
        startNs,
        endNs,
      })
    }
  }
  const takeLog = (row: number, track: number) => {
    const atNs = logTable.time(row, 0)
    if (atNs < fromNs || atNs >= toNs) return
    totals.logs++
    if (logs.length < MOST) logs.push({ track, ...logAnswer(facts, row) })
  }
  if (params.view === 'task') {
    const tasks = taskTracks(facts)
    for (let index = params.first; index <= params.last && index < tasks.length; index++) {
      for (const row of rowsOf(taskIndex.regions, tasks[index])) takeRegion(row, index)
      for (const row of rowsOf(taskIndex.logs, tasks[index])) takeLog(row, index)
    }
  } else if (params.view === 'goroutine') {
    const tracks = goroutinesOf(facts, params)
    for (const [goroutine, track] of tracks) for (const row of regionsOf(facts, goroutine)) takeRegion(row, track)
    for (let row = 0; row < logTable.length; row++) {
      const track = tracks.get(logTable.number(row, LogNumber.Goroutine))
      if (track !== undefined) takeLog(row, track)
    }
  }
  return { regions, logs, totals }
}

export function answerTimelineGoroutine(
  facts: TraceFacts,
  { goid, atNs }: TimelineQueries['timelineSpan']['params'],
): GoroutineAt {
  const { dictionary, goroutines, tasks, regions: table } = facts
  const row = goroutineRow(facts, goid)
  const around: number[] = []
  for (const region of regionsOf(facts, row)) {
    const { startNs, endNs } = timesOf(facts, region)
    if ((startNs ?? 0) <= atNs && (endNs ?? facts.endNs + 1) > atNs) around.push(region)
  }
  const depth = regionDepths(facts)
  around.sort((a, b) => depth(a) - depth(b))
  const creator = goroutines.number(row, N.Creator)
  const taskRow = around.map(region => table.number(region, RegionNumber.Task)).findLast(task => tasks.exists(task))
  return {
    row,
    goid: goroutineId(facts, row),
    name: dictionary.text(goroutines.number(row, N.Name)),
    track: goroutineTracks(facts)(row),
    regions: around.map(region => ({
      name: regionName(facts, region),
      task: taskId(facts, table.number(region, RegionNumber.Task)),
      startNs: timesOf(facts, region).startNs,
    })),
    task:
      taskRow === undefined
        ? null
        : { id: taskId(facts, taskRow) as Id, name: dictionary.text(tasks.number(taskRow, TaskNumber.Name)) },
    startedBy:
      creator < 0
        ? null
        : {
            goid: goroutineId(facts, creator),
            name: dictionary.text(goroutines.number(creator, N.Name)),
            atNs: goroutines.time(row, G.Creation),
          },
  }
}

/** Matches in this order: goroutines, by id and by start function; tasks; regions; logs. */
export function answerTimelineSearch(
  facts: TraceFacts,
  { text, offset, limit }: TimelineQueries['timelineSearch']['params'],
): SearchAnswer {
  const { dictionary, goroutines, groupNames, tasks, regions, logs } = facts
  const wanted = text.toLowerCase()
  const matches: TimelineMatch[] = []
  let total = 0
  const trackOf = goroutineTracks(facts)
  /** Counts a match; whether it is one of those that are wanted. */
  const isShown = () => total++ >= offset && matches.length < limit
  if (wanted === '') return { total, offset, matches }
  // Each text is looked at once, however many rows have it.
  const known = new Uint8Array(dictionary.strings.length)
  const has = (string: number) => {
    if (known[string] === 0) known[string] = dictionary.text(string).toLowerCase().includes(wanted) ? 2 : 1
    return known[string] === 2
  }
  const takeGoroutine = (row: number) => {
    if (!isShown()) return
    matches.push({
      kind: 'goroutine',
      text: dictionary.text(goroutines.number(row, N.Name)),
      goid: goroutineId(facts, row),
      task: null,
      atNs: Math.max(goroutines.time(row, G.Start), goroutines.time(row, G.Creation)),
      track: trackOf(row),
    })
  }
  const byId = /^g?(\d{1,20})$/.exec(wanted)
  const idRow = byId === null ? -1 : rowOfGoroutine(facts, byId[1])
  if (idRow >= 0) takeGoroutine(idRow)
  groupNames.forEach((name, group) => {
    if (!has(name)) return
    for (const row of membersOf(facts, group)) if (row !== idRow) takeGoroutine(row)
  })
  for (let row = 0; row < tasks.length; row++) {
    if (!tasks.exists(row) || !has(tasks.number(row, TaskNumber.Name)) || !isShown()) continue
    const goroutine = tasks.number(row, TaskNumber.StartGoroutine)
    matches.push({
      kind: 'task',
      text: dictionary.text(tasks.number(row, TaskNumber.Name)),
      goid: goroutine < 0 ? null : goroutineId(facts, goroutine),
      task: taskId(facts, row),
      atNs: Math.max(0, tasks.time(row, TaskTime.Start)),
      track: trackOf(goroutine),
    })
  }
  for (let row = 0; row < regions.length; row++) {
    if (!has(regions.ofBegin(row, BeginKind.Name)) || regions.isInherited(row) || !isShown()) continue
    const goroutine = regions.number(row, RegionNumber.Goroutine)
    matches.push({
      kind: 'region',
      text: regionName(facts, row),
      goid: goroutineId(facts, goroutine),
      task: taskId(facts, regions.number(row, RegionNumber.Task)),
      atNs: Math.max(0, regions.start(row)),
      track: trackOf(goroutine),
    })
  }
  for (let row = 0; row < logs.length; row++) {
    if (!has(logs.number(row, LogNumber.Message)) && !has(logs.number(row, LogNumber.Category))) continue
    if (!isShown()) continue
    const { goid, task, atNs, category, message } = logAnswer(facts, row)
    const track = trackOf(logs.number(row, LogNumber.Goroutine))
    matches.push({ kind: 'log', text: category === '' ? message : `${category}: ${message}`, goid, task, atNs, track })
  }
  return { total, offset, matches }
}

function rowOfGoroutine(facts: TraceFacts, digits: string): number {
  if (BigInt(digits) >= 1n << 63n) return -1
  const row = facts.dictionary.goroutines.find(Number(digits))
  return facts.goroutines.exists(row) ? row : -1
}

function logAnswer({ dictionary, ...facts }: TraceFacts, row: number): Omit<TimelineLog, 'track'> {
  const { logs } = facts
  return {
    atNs: logs.time(row, 0),
    goid: goroutineId({ dictionary }, logs.number(row, LogNumber.Goroutine)),
    task: taskId({ dictionary }, logs.number(row, LogNumber.Task)),
    category: dictionary.text(logs.number(row, LogNumber.Category)),
    message: dictionary.text(logs.number(row, LogNumber.Message)),
  }
}

/**
 * Gives how many regions are open around one. What is kept does not count those that began before the trace, known only
 * by their end; of these the longest is the outermost.
 */
function regionDepths(facts: TraceFacts): (row: number) => number {
  const { regions } = facts
  const older = new Map<number, readonly number[]>()
  /** Of those. */
  const depths = new Map<number, number>()
  const olderOf = (goroutine: number) => {
    let found = older.get(goroutine)
    if (found === undefined) {
      const rows = regionsOf(facts, goroutine)
      const known = firstPlace(0, rows.length, place => regions.start(rows[place]) !== NO_TIME)
      found = [...rows.subarray(0, known)].sort((a, b) => regions.end(b) - regions.end(a))
      older.set(goroutine, found)
      for (const [depth, row] of found.entries()) depths.set(row, depth)
    }
    return found
  }
  return row => {
    const around = olderOf(regions.number(row, RegionNumber.Goroutine))
    const start = regions.start(row)
    const outer = depths.get(row) ?? firstPlace(0, around.length, place => regions.end(around[place]) <= start)
    return regions.ofBegin(row, BeginKind.Depth) + outer
  }
}

function timesOf({ regions }: TraceFacts, row: number): { startNs: number | null; endNs: number | null } {
  const start = regions.start(row)
  const end = regions.end(row)
  return { startNs: start === NO_TIME ? null : start, endNs: end === NO_TIME ? null : end }
}

function regionName({ dictionary, regions }: TraceFacts, row: number): string {
  return dictionary.text(regions.ofBegin(row, BeginKind.Name))
}

function goroutineId({ dictionary }: Pick<TraceFacts, 'dictionary'>, row: number): Id {
  return row < 0 ? -1 : signedId(dictionary, dictionary.goroutines.ids[row])
}

function taskId({ dictionary }: Pick<TraceFacts, 'dictionary'>, row: number): Id | null {
  return row < 0 ? null : unsignedId(dictionary, dictionary.tasks.ids[row])
}

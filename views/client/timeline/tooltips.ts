/** What the tooltip says about a place of the picture: state and exact duration first. */
import { SpanFlag } from '../../../server/shared/tile.js'
import type { TipLine } from '../lib/tip.js'
import { exact } from './dom.js'
import type { Model } from './model.js'
import type { Bar, Hit } from './paint/hit.js'
import { stateNames } from './paint/ladder.js'
import { labelWord } from './paint/lane.js'
import { frameAt } from './paint/stacks.js'
import { type Row, rowHeights } from './rows.js'

const mostStates = 4

export function tipLines(model: Model, row: Row, hit: Hit | null, time: number, yInRow: number): TipLine[] {
  const track = model.track(row.view, row.index)
  if (row.kind === 'track' || row.kind === 'task') {
    const notes = noteLines(model, row, time, yInRow)
    if (notes.length > 0) return notes
  }
  const frames = frameLines(model, row, time, yInRow)
  if (frames.length > 0) return frames
  if (hit === null) return []
  const owner = ownerLine(row, track)
  if (hit.kind === 'columns') return [...columnLines(hit, countsMany(row)), ...owner]
  const { bar } = hit
  const isWhole = (bar.flags & (SpanFlag.Continues | SpanFlag.Untold)) === 0
  const length = `${isWhole ? '' : 'at least '}${exact(bar.end - bar.start)}`
  if (row.kind === 'lane') return laneLines(track?.name ?? '', bar, length)
  const word = labelWord(bar.state, bar.text, (bar.flags & SpanFlag.GcWorker) !== 0)
  if (row.kind === 'proc') {
    const state = labelWord(bar.state, '', (bar.flags & SpanFlag.GcWorker) !== 0)
    return [{ text: `${state} ${length}` }, { text: `G${bar.other} ${bar.text}`, className: 'mono' }]
  }
  const on: TipLine[] = bar.other === '' ? [] : [{ text: `on P${bar.other}`, className: 'muted' }]
  return [{ text: `${word} ${length}` }, ...owner, ...on]
}

function laneLines(lane: string, bar: Bar, length: string): TipLine[] {
  const what = bar.end === bar.start ? `at ${exact(bar.start)}` : length
  if (bar.other === '') return [{ text: `${bar.text || lane} ${length}`, className: 'ink' }]
  return [{ text: `${lane} ${what}` }, { text: `G${bar.other} ${bar.text}`, className: 'mono' }]
}

function ownerLine(row: Row, track: { id: number | string; name: string } | undefined): TipLine[] {
  if (track === undefined) return []
  if (row.kind === 'track') return [{ text: `G${track.id} ${track.name}`, className: 'mono' }]
  if (row.kind === 'group') return [{ text: track.name || '(no stack recorded)', className: 'mono' }]
  return [
    {
      text: row.view === 'proc' ? `P${track.id}` : row.view === 'thread' ? `M${track.id}` : track.name,
      className: 'muted',
    },
  ]
}

/** Rows whose columns are sums over many goroutines or threads. */
function countsMany({ kind }: Row): boolean {
  return kind === 'group' || kind === 'counts'
}

function columnLines(hit: Extract<Hit, { kind: 'columns' }>, many: boolean): TipLine[] {
  const parts = hit.shares
    .map((share, state) => ({ share, state }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, mostStates)
    .map(({ share, state }) => `${stateNames[state]} ${many ? share.toFixed(1) : `${(share * 100).toFixed(0)}%`}`)
  // Moments take no time.
  if (parts.length === 0) return [{ text: `${hit.spans.toLocaleString('en')} here` }]
  const count = hit.spans === 1 ? '1 span ends here' : `${hit.spans.toLocaleString('en')} spans end here`
  const longest = hit.spans > 0 ? `, the longest ${exact(hit.longest)}` : ''
  return [{ text: parts.join(', ') }, { text: `${count}${longest}`, className: 'muted' }]
}

/** A frame of the stacks under the pointer. */
function frameLines(model: Model, row: Row, time: number, yInRow: number): TipLine[] {
  if (row.kind !== 'track' && row.kind !== 'proc') return []
  const frame = frameAt(model.stacks(row.view, row.index), row.index, yInRow - model.framesTop(row), time)
  if (frame === undefined) return []
  const { func, start, end, depth } = frame
  return [
    { text: `${func || '(no name)'} ${exact(end - start)}`, className: 'mono' },
    { text: depth === 0 ? 'outermost frame' : `frame ${depth + 1} of the stack`, className: 'muted' },
  ]
}

/** A region or log under the pointer. */
function noteLines(model: Model, row: Row, time: number, yInRow: number): TipLine[] {
  const notes = model.annotations.get(row.view, row.index)
  if (yInRow >= rowHeights.track) {
    const depth = Math.floor((yInRow - rowHeights.track) / rowHeights.region)
    const slack = model.viewport.nsPerPx
    for (const region of notes.regions) {
      const start = region.startNs ?? 0
      const end = region.endNs ?? model.viewport.endNs
      if (region.depth !== depth || time < start - slack || time > end + slack) continue
      const task = region.task === null ? 'no task' : `task ${region.task}`
      return [
        { text: `region ${region.name} ${exact(end - start)}` },
        { text: `G${region.goid}, ${task}`, className: 'muted' },
      ]
    }
    return []
  }
  const near = model.viewport.nsPerPx * 4
  const log = yInRow > rowHeights.track - 10 ? notes.logs.find(({ atNs }) => Math.abs(atNs - time) < near) : undefined
  if (log === undefined) return []
  const category = log.category === '' ? '' : `${log.category}: `
  return [{ text: `log ${category}${log.message}` }, { text: `at ${exact(log.atNs)}`, className: 'muted' }]
}

/**
 * Frames of the stacks under a track, the outermost on top, as a flame chart: what is alike from one span to the next
 * is one frame.
 */

import { splitFunctionName } from '../../../../server/shared/figures.js'
import { frameKind } from '../../../../server/shared/frame-kind.js'
import type { StacksAnswer } from '../../../../server/shared/timeline.js'
import { rowHeights } from '../rows.js'
import type { Viewport } from '../viewport.js'
import { fontsOfPage, type LabelBatch } from './labels.js'
import type { Rects } from './pixels.js'

/** Narrower frames are not drawn. */
const narrowestFrame = 3

export interface Frame {
  readonly depth: number
  readonly func: string
  readonly start: number
  end: number
}

/** The frames of a track; those that were cut at the edge of a tile are put together again. */
function framesOf(charts: readonly StacksAnswer[], track: number): Frame[] {
  const frames: Frame[] = []
  /** The last one of each depth. */
  const last: Frame[] = []
  for (const { functions: names, firstTrack, tracks } of charts) {
    const chart = tracks[track - firstTrack]
    if (chart === undefined) continue
    const { depths, functions, starts, ends } = chart
    for (let i = 0; i < depths.length; i++) {
      const depth = depths[i]
      const func = names[functions[i]]
      const before = last[depth]
      if (before?.func === func && before.end === starts[i]) before.end = ends[i]
      else {
        last[depth] = { depth, func, start: starts[i], end: ends[i] }
        frames.push(last[depth])
      }
    }
  }
  return frames
}

export function paintStacks(
  charts: readonly StacksAnswer[],
  track: number,
  y: number,
  viewport: Viewport,
  rects: Rects,
  labels: LabelBatch,
): void {
  const font = fontsOfPage().code
  for (const { depth, func, start, end } of framesOf(charts, track)) {
    const from = Math.max(viewport.x(start), -2)
    const to = Math.min(viewport.x(end), viewport.width + 2)
    if (!(to - from >= narrowestFrame)) continue
    const top = y + depth * rowHeights.frame
    rects.add(tokenOf(func), from, top, to - from - 1, rowHeights.frame - 1)
    const left = Math.max(from, 0) + 4
    const width = Math.min(to, viewport.width) - left - 4
    const middle = top + rowHeights.frame / 2 - 0.5
    const name = splitFunctionName(func).func
    if (!labels.addForms([func, name], left, middle, width, 'ink', font)) {
      labels.addName(name, left, middle, width, 'ink', font)
    }
  }
}

/** The frame at a moment, `y` pixels below the top of the outermost. */
export function frameAt(charts: readonly StacksAnswer[], track: number, y: number, time: number): Frame | undefined {
  const at = Math.floor(y / rowHeights.frame)
  return framesOf(charts, track).find(({ depth, start, end }) => depth === at && start <= time && time < end)
}

const tokens = new Map<string, string>()

function tokenOf(func: string): string {
  let token = tokens.get(func)
  if (token === undefined) {
    token = `f-${frameKind(func)}`
    tokens.set(func, token)
  }
  return token
}

/**
 * What a state looks like: its colour and the height of its bar as a share of the lane. Nearer to the CPU stands
 * taller, so that the picture needs no colour. All lists go by TileState.
 */
import { TILE_STATES, type TileColumns, TileState } from '../../../../server/shared/tile.js'
import { isForced } from '../../lib/colours.js'
import type { Rects } from './pixels.js'

export const stateTokens: readonly string[] = [
  's-running',
  's-syscall',
  's-runnable',
  's-sync',
  's-chan',
  's-net',
  's-sleep',
  's-gcwait',
  's-other',
  's-gc',
  's-gc',
  's-stw',
]
export const rungs: readonly number[] = [1, 0.75, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.22, 1, 1, 1]
export const stateNames: readonly string[] = [
  'running',
  'in a syscall',
  'runnable',
  'waiting: sync',
  'waiting: chan, select',
  'waiting: network',
  'waiting: sleep',
  'waiting: GC',
  'waiting: reason unknown',
  'running for the GC',
  'mark phase',
  'stop-the-world',
]
/** From the floor up: what ran stands at the bottom. */
export const stackOrder: readonly number[] = [0, 9, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8]

/** Class of the style sheet for swatches. */
export function swatchClass(state: number): string {
  return stateTokens[state].slice(2)
}

export function isWait(state: number): boolean {
  return state >= TileState.Sync && state <= TileState.OtherWait
}

/** States that are at least a pixel high where they occur. */
export const alwaysSeen: readonly boolean[] = Array.from({ length: TILE_STATES }, (_, state) => !isWait(state))

/** Narrower bars have no edges of their own. */
const narrowestEdge = 4

/**
 * A bar of a state. That of an unknown wait is hollow where it is large enough, as its grey is that of sleep; in forced
 * colours all have edges, because nobody knows what ground they are on.
 */
export function addBar(rects: Rects, token: string, x: number, y: number, width: number, height: number): void {
  const isHollow = token === 's-other' && width >= 3 && height >= 3
  if (!isHollow) rects.add(token, x, y, width, height)
  if (isHollow) addEdges(rects, token, x, y, width, height)
  else if (width >= narrowestEdge && height >= narrowestEdge && isForced()) addEdges(rects, 'ink', x, y, width, height)
}

function addEdges(rects: Rects, token: string, x: number, y: number, width: number, height: number): void {
  rects.add(token, x, y, width, 1)
  rects.add(token, x, y + height - 1, width, 1)
  rects.add(token, x, y + 1, 1, height - 2)
  rects.add(token, x + width - 1, y + 1, 1, height - 2)
}

/** Time of a state in the i-th column, each moment counted once: in a tile, running holds what ran for the GC too. */
export function timeIn({ times }: TileColumns, i: number, state: number): number {
  const time = times[i * TILE_STATES + state]
  return state === TileState.Running ? time - times[i * TILE_STATES + TileState.GcWorker] : time
}

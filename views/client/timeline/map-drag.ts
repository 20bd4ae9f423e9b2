/**
 * What a drag on the minimap does: its handles resize the window, anything else moves it; where it is the whole trace,
 * a drag opens a new one.
 */
import type { Minimap } from './paint/minimap.js'
import { listenToDrag } from './pointer.js'
import type { Viewport } from './viewport.js'

const handlePx = 6
/** A click with a trembling hand is not a window. */
const leastPx = 4

export function listenToMap(
  minimap: Minimap,
  viewport: Viewport,
  change: (move: () => void) => void,
  done: () => void,
): void {
  let grabbed: 'from' | 'to' | 'window' | 'new' = 'window'
  let begin = 0
  let offset = 0
  const at = (event: PointerEvent) => event.clientX - minimap.canvas.getBoundingClientRect().left
  const moved = (x: number) => {
    const time = minimap.time(x) - offset
    const { from, to, length, endNs } = viewport
    if (grabbed === 'from') return { from: Math.min(time, to), to: Math.max(to, time) }
    if (grabbed === 'to') return { from: Math.min(from, time), to: Math.max(time, from) }
    if (grabbed === 'new') return { from: minimap.time(Math.min(begin, x)), to: minimap.time(Math.max(begin, x)) }
    const start = Math.max(0, Math.min(endNs - length, time - length / 2))
    return { from: start, to: start + length }
  }
  const move = (event: PointerEvent) => {
    const x = at(event)
    if (grabbed !== 'new' || Math.abs(x - begin) >= leastPx) change(() => viewport.set(moved(x)))
  }
  listenToDrag(
    minimap.canvas,
    event => {
      const x = at(event)
      const from = minimap.x(viewport.from)
      const to = minimap.x(viewport.to)
      begin = x
      offset = 0
      if (Math.abs(x - from) < handlePx) grabbed = 'from'
      else if (Math.abs(x - to) < handlePx) grabbed = 'to'
      else grabbed = viewport.length >= viewport.endNs ? 'new' : 'window'
      if (grabbed === 'window' && x > from && x < to) {
        offset = minimap.time(x) - (viewport.from + viewport.to) / 2
      }
      move(event)
    },
    move,
    done,
  )
}

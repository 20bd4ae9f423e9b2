/**
 * Gestures on the stage. Mouse: drag selects a range, with Shift or the middle button it pans. Touch: one finger pans,
 * two zoom, a long press and drag selects a range. Wheel: alone it scrolls the tracks, with Shift it pans, with Ctrl or
 * a pinch it zooms.
 */
export interface PointerActions {
  readonly hover: (x: number, y: number) => void
  readonly leave: () => void
  readonly click: (x: number, y: number) => void
  readonly doubleClick: (x: number, y: number) => void
  /** Share of the width, and pixels up. */
  readonly pan: (pixels: number, scroll: number) => void
  readonly zoom: (factor: number, x: number) => void
  /** While a range is drawn out; `done` at its end. */
  readonly range: (from: number, to: number, done: boolean) => void
  /** A move has ended. */
  readonly settle: () => void
}

const dragDistance = 4
const longPressMs = 450
const wheelZoom = 0.0022

interface Drag {
  readonly startX: number
  readonly kind: 'range' | 'pan'
  lastX: number
  lastY: number
  moved: boolean
}

export function listenToPointer(canvas: HTMLElement, scroller: HTMLElement, act: PointerActions): void {
  const fingers = new Map<number, { x: number; y: number }>()
  let drag: Drag | null = null
  let pinch = 0
  let longPress = 0
  const place = (event: { clientX: number; clientY: number }) => {
    const box = canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  canvas.addEventListener('pointerdown', event => {
    if (event.button === 2) return
    scroller.focus({ preventScroll: true })
    const { x, y } = place(event)
    canvas.setPointerCapture(event.pointerId)
    if (event.pointerType !== 'touch') {
      const pans = event.shiftKey || event.button === 1
      if (pans) event.preventDefault()
      drag = { startX: x, lastX: x, lastY: y, kind: pans ? 'pan' : 'range', moved: false }
      return
    }
    fingers.set(event.pointerId, { x, y })
    clearTimeout(longPress)
    if (fingers.size === 1) {
      drag = { startX: x, lastX: x, lastY: y, kind: 'pan', moved: false }
      longPress = window.setTimeout(() => {
        if (drag !== null && !drag.moved) {
          drag = { ...drag, kind: 'range', moved: true }
          act.range(x, x, false)
        }
      }, longPressMs)
    } else {
      drag = null
      pinch = spread(fingers)
    }
  })

  canvas.addEventListener('pointermove', event => {
    const { x, y } = place(event)
    if (event.pointerType === 'touch' && fingers.has(event.pointerId)) {
      fingers.set(event.pointerId, { x, y })
      if (fingers.size === 2) {
        const now = spread(fingers)
        if (pinch > 10 && now > 10) act.zoom(pinch / now, middle(fingers))
        pinch = now
        return
      }
    }
    if (drag === null) {
      if (event.pointerType !== 'touch') act.hover(x, y)
      return
    }
    if (!drag.moved && Math.hypot(x - drag.startX, drag.kind === 'pan' ? y - drag.lastY : 0) <= dragDistance) return
    drag.moved = true
    clearTimeout(longPress)
    if (drag.kind === 'pan') act.pan(x - drag.lastX, y - drag.lastY)
    else act.range(Math.min(drag.startX, x), Math.max(drag.startX, x), false)
    drag.lastX = x
    drag.lastY = y
  })

  const end = (event: PointerEvent) => {
    clearTimeout(longPress)
    const { x, y } = place(event)
    fingers.delete(event.pointerId)
    const ended = drag
    drag = null
    if (ended === null || event.type === 'pointercancel') act.settle()
    else if (!ended.moved) act.click(x, y)
    else if (ended.kind === 'range') act.range(Math.min(ended.startX, x), Math.max(ended.startX, x), true)
    else act.settle()
  }
  canvas.addEventListener('pointerup', end)
  canvas.addEventListener('pointercancel', end)
  canvas.addEventListener('pointerleave', () => act.leave())
  canvas.addEventListener('dblclick', event => {
    const { x, y } = place(event)
    act.doubleClick(x, y)
  })
  scroller.addEventListener(
    'wheel',
    event => {
      const { x } = place(event)
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        act.zoom(Math.exp(event.deltaY * wheelZoom), x)
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault()
        act.pan(-(event.deltaX || event.deltaY), 0)
      } else return
      act.settle()
    },
    { passive: false },
  )
}

function spread(fingers: ReadonlyMap<number, { x: number; y: number }>): number {
  const [one, other] = [...fingers.values()]
  return Math.hypot(one.x - other.x, one.y - other.y)
}

function middle(fingers: ReadonlyMap<number, { x: number; y: number }>): number {
  const [one, other] = [...fingers.values()]
  return (one.x + other.x) / 2
}

/** Drags an edge: `move` is given the place of the pointer, `done` when it is let go. */
export function listenToDrag(
  handle: HTMLElement,
  begin: (event: PointerEvent) => void,
  move: (event: PointerEvent) => void,
  done: () => void,
): void {
  let dragging = false
  handle.addEventListener('pointerdown', event => {
    if (event.button !== 0) return
    dragging = true
    handle.setPointerCapture(event.pointerId)
    event.preventDefault()
    begin(event)
  })
  handle.addEventListener('pointermove', event => dragging && move(event))
  const end = () => {
    if (!dragging) return
    dragging = false
    done()
  }
  handle.addEventListener('pointerup', end)
  handle.addEventListener('pointercancel', end)
}

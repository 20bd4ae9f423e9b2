/** Keys of the timeline: never with Ctrl, Cmd or Alt, and never while typing. */
import { isPlain } from '../lib/keys.js'
import type { View } from './state.js'

export interface KeyActions {
  readonly zoom: (factor: number) => void
  readonly pan: (share: number) => void
  readonly fit: () => void
  readonly fitSpan: () => void
  readonly whole: () => void
  readonly undo: () => void
  readonly redo: () => void
  readonly back: () => void
  readonly origin: () => void
  readonly step: (by: 1 | -1) => void
  readonly track: (by: 1 | -1) => void
  readonly waker: () => void
  readonly wakes: () => void
  readonly mark: () => void
  readonly pin: () => void
  readonly toggleGroup: () => void
  readonly view: (view: View) => void
  readonly overlays: () => void
  readonly arrows: () => void
  readonly stacks: () => void
  readonly panel: () => void
  readonly legend: () => void
  readonly search: () => void
  readonly found: (by: 1 | -1) => void
  readonly letGo: () => void
  readonly help: () => void
}

const zoomFactor = 0.7
const panShare = 0.2

/** What a key does; undefined: nothing of ours. */
export function actionOf(key: string, shift: boolean, act: KeyActions): (() => void) | undefined {
  const table: Readonly<Record<string, () => void>> = {
    w: () => act.zoom(zoomFactor),
    s: () => act.zoom(1 / zoomFactor),
    a: () => act.pan(shift ? -1 : -panShare),
    d: () => act.pan(shift ? 1 : panShare),
    f: act.fit,
    enter: act.fitSpan,
    '0': act.whole,
    z: shift ? act.redo : act.undo,
    t: act.origin,
    arrowleft: () => act.step(-1),
    arrowright: () => act.step(1),
    arrowup: () => act.track(-1),
    arrowdown: () => act.track(1),
    '[': act.waker,
    ']': act.wakes,
    // Where brackets are hard to reach.
    j: act.waker,
    k: act.wakes,
    m: act.mark,
    p: act.pin,
    e: act.toggleGroup,
    '1': () => act.view('goroutine'),
    '2': () => act.view('proc'),
    '3': () => act.view('thread'),
    '4': () => act.view('task'),
    o: act.overlays,
    x: act.arrows,
    c: act.stacks,
    q: act.panel,
    l: act.legend,
    '/': act.search,
    n: () => act.found(shift ? -1 : 1),
    escape: act.letGo,
    '?': act.help,
  }
  return Object.hasOwn(table, key.toLowerCase()) ? table[key.toLowerCase()] : undefined
}

/** Before the keys of every page, which would leave for the help page or find a function. */
export function listenToKeys(act: KeyActions, isBusy: () => boolean): void {
  addEventListener(
    'keydown',
    event => {
      if (isBusy()) return
      if (event.altKey && event.key === 'ArrowLeft') {
        event.preventDefault()
        act.back()
        return
      }
      if (!isPlain(event)) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select') !== null) {
        if (event.key !== 'Escape') return
        target.blur()
        event.stopImmediatePropagation()
        return
      }
      // Enter and arrows belong to what has the focus, unless that is the stage; a flame graph has keys of its own.
      if (target.closest('canvas') !== null && /^(Enter|Arrow|Home|Escape)/.test(event.key)) return
      if (target.closest('a, button, summary, [role=treeitem]') !== null && /^(Enter|Arrow)/.test(event.key)) return
      const action = actionOf(event.key, event.shiftKey, act)
      if (action === undefined) return
      event.preventDefault()
      event.stopImmediatePropagation()
      action()
    },
    { capture: true },
  )
}

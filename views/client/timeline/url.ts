/** The state in the fragment of the URL, so that a link shows the same picture. */
import { initialState, type Selection, type TimelineState, type View } from './state.js'
import type { TimeWindow } from './viewport.js'

const msPerNs = 1e6

/** State of a fragment; what it does not say is as it is at first. Malformed parts are passed over. */
export function readFragment(fragment: string, view: View): TimelineState {
  const state = initialState(view)
  const text = fragment.replace(/^#/, '')
  const old = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(text)
  if (old !== null) {
    // Links of the original viewer: milliseconds.
    state.range = orderedWindow(Number(old[1]) * msPerNs, Number(old[2]) * msPerNs)
    state.window = state.range
    return state
  }
  const params = new URLSearchParams(text)
  const from = numberOf(params.get('from'))
  const to = numberOf(params.get('to'))
  if (from !== null && to !== null) state.window = orderedWindow(from, to)
  const selection = /^([pm]?)(\d+)@(\d+(?:\.\d+)?)$/.exec(params.get('sel') ?? '')
  if (selection !== null) {
    const [, kind, id, at] = selection
    const on = kind === '' ? null : { view: kind === 'p' ? ('proc' as const) : ('thread' as const), id }
    state.selection = { goid: on === null ? id : '', at: Number(at), on }
  }
  state.range = windowOf(params.get('range'))
  state.task = /^\d+$/.exec(params.get('task') ?? '')?.[0] ?? null
  state.mark = windowOf(params.get('mark'))
  state.open = new Set(params.getAll('open'))
  state.pins = (params.get('pin') ?? '').split(',').filter(id => /^\d+$/.test(id))
  state.query = params.get('q') ?? ''
  state.overlays = /^[012]$/.test(params.get('ov') ?? '') ? Number(params.get('ov')) : 2
  state.arrows = /^[012]$/.test(params.get('x') ?? '') ? Number(params.get('x')) : 1
  state.stacks = params.get('c') === '1'
  state.origin = numberOf(params.get('t0')) ?? 0
  return state
}

export function writeFragment(state: TimelineState): string {
  const params = new URLSearchParams()
  const set = (name: string, value: string | null) => value !== null && value !== '' && params.set(name, value)
  if (state.window !== null) {
    params.set('from', String(Math.round(state.window.from)))
    params.set('to', String(Math.round(state.window.to)))
  }
  set('sel', state.selection && selectionText(state.selection))
  set('range', windowText(state.range))
  set('task', state.task)
  set('mark', windowText(state.mark))
  for (const name of state.open) params.append('open', name)
  set('pin', state.pins.join())
  set('q', state.query)
  if (state.overlays !== 2) params.set('ov', String(state.overlays))
  if (state.arrows !== 1) params.set('x', String(state.arrows))
  if (state.stacks) params.set('c', '1')
  if (state.origin !== 0) params.set('t0', String(Math.round(state.origin)))
  return params.toString()
}

/** `32@100` of a goroutine, `p0@100` of a proc, `m14170@100` of a thread. */
function selectionText({ goid, at, on }: Selection): string {
  const track = on === null ? goid : `${on.view === 'proc' ? 'p' : 'm'}${on.id}`
  return `${track}@${Math.round(at)}`
}

function windowText(window: TimeWindow | null): string | null {
  return window && `${Math.round(window.from)}-${Math.round(window.to)}`
}

function windowOf(text: string | null): TimeWindow | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? '')
  return match && orderedWindow(Number(match[1]), Number(match[2]))
}

function orderedWindow(a: number, b: number): TimeWindow {
  return { from: Math.min(a, b), to: Math.max(a, b) }
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

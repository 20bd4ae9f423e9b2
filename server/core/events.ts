/**
 * How to read a goroutine's transition out of the ordered columns, by event kind. What the event table tells of a kind is packed into one
 * number, its shape, so that a loop over events looks once: places of slots and fixed states, each in some bits.
 */
import { AFTER, BEFORE, IN_SLOT, NO_TRANSITION, OWN_STACK, REASON, STACK, SUBJECT } from '../wasm/transition-shape.js'
import { NO_STACK, NO_STRING } from './dictionary.js'
import { EVENT_LIMIT, EventKind, eventSpecs, slotOf } from './event-table.js'

export { NO_TRANSITION }

/** Shape by event kind (wasm/transition-shape.ts). */
export const transitionShapes = new Int32Array(EVENT_LIMIT).fill(NO_TRANSITION)
/** The same of transitions of procs. */
export const procShapes = new Int32Array(EVENT_LIMIT).fill(NO_TRANSITION)

/** Events whose stack is the goroutine's own. */
const ownStack: readonly number[] = [
  EventKind.GoStop,
  EventKind.GoBlock,
  EventKind.GoSyscallBegin,
  EventKind.GoStatusStack,
]

for (const spec of eventSpecs) {
  if (spec?.transition === undefined) continue
  const { kind, transition } = spec
  const slot = (name: string) => 1 + slotOf(kind, name)
  const state = (state: number | 'slot', name: string) => (state === 'slot' ? IN_SLOT + slotOf(kind, name) : state)
  const [shapes, subject] = transition.resource === 'proc' ? [procShapes, 'p'] : [transitionShapes, 'g']
  shapes[kind] =
    ((transition.subject === 'context' ? 0 : slot(subject)) << SUBJECT) |
    (state(transition.from, 'from') << BEFORE) |
    (state(transition.to, 'to') << AFTER) |
    (slot('reason') << REASON) |
    (slot('stack') << STACK) |
    (slot(ownStack.includes(kind) ? 'stack' : 'newStack') << OWN_STACK)
}

/** Row of the goroutine of an event of this shape that has its first slot at `at`; `actor` is that of its context. */
export function subjectOf(shape: number, slots: Int32Array, at: number, actor: number): number {
  const slot = (shape >> SUBJECT) & 7
  return slot === 0 ? actor : slots[at + slot - 1]
}

export function stateBefore(shape: number, slots: Int32Array, at: number): number {
  const state = (shape >> BEFORE) & 15
  return state < IN_SLOT ? state : slots[at + state - IN_SLOT]
}

export function stateAfter(shape: number, slots: Int32Array, at: number): number {
  const state = (shape >> AFTER) & 15
  return state < IN_SLOT ? state : slots[at + state - IN_SLOT]
}

/** Row of strings; NO_STRING where the event tells none. */
export function reasonOf(shape: number, slots: Int32Array, at: number): number {
  const slot = (shape >> REASON) & 7
  return slot === 0 ? NO_STRING : slots[at + slot - 1]
}

/** The event's stack; NO_STACK where it tells none. */
export function stackOf(shape: number, slots: Int32Array, at: number): number {
  const slot = (shape >> STACK) & 7
  return slot === 0 ? NO_STACK : slots[at + slot - 1]
}

/** The goroutine's own stack, which is another than the event's where the goroutine is created; NO_STACK where it is not told. */
export function ownStackOf(shape: number, slots: Int32Array, at: number): number {
  const slot = (shape >> OWN_STACK) & 7
  return slot === 0 ? NO_STACK : slots[at + slot - 1]
}

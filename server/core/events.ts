/**
 * How to read events out of the ordered columns (event-block.ts): the places of their slots by name, and the
 * transitions of goroutines and procs. What the event table tells of a kind's transition is packed into one number, its
 * shape, so that a loop over events looks once: places of slots and fixed states, each in some bits.
 */
import { AFTER, BEFORE, IN_SLOT, NO_TRANSITION, OWN_STACK, REASON, STACK, SUBJECT } from '../wasm/transition-shape.js'
import { NO_STACK, NO_STRING } from './dictionary.js'
import {
  EVENT_LIMIT,
  EventKind,
  type EventName,
  eventSpecs,
  type SlotName,
  slotOf,
  type TransitionSpec,
} from './event-table.js'

export { NO_TRANSITION }

/**
 * Places of the slots of each event by name, as the event table has them: `slots[at + slot.ProcSteal.from]`, where `at`
 * is the place of the event's first. What an event does not have does not compile.
 */
export const slot = Object.fromEntries(
  Object.entries(EventKind).map(([name, kind]) => [
    name,
    Object.fromEntries((eventSpecs[kind]?.slots ?? []).map((slotName, place) => [slotName, place])),
  ]),
) as { readonly [Name in EventName]: { readonly [Slot in SlotName<Name>]: number } }

/** Shape by event kind (wasm/transition-shape.ts). */
export const transitionShapes = new Int32Array(EVENT_LIMIT).fill(NO_TRANSITION)
/** The same of transitions of procs. */
export const procShapes = new Int32Array(EVENT_LIMIT).fill(NO_TRANSITION)

/** 1 + the slot of an event's stack by event kind; 0: it has none. */
const stackSlots = Uint8Array.from({ length: EVENT_LIMIT }, (_, kind) => 1 + slotOf(kind, 'stack'))

/**
 * The slot with the goroutine's own stack. An event's stack is that of the goroutine that does it: its own where it
 * does it itself, or tells its status.
 */
function ownStackSlot(kind: number, { subject, from }: TransitionSpec): number {
  const created = slotOf(kind, 'newStack')
  return created < 0 && (subject === 'context' || from === 'slot') ? slotOf(kind, 'stack') : created
}

for (const spec of eventSpecs) {
  if (spec?.transition === undefined) continue
  const { kind, transition } = spec
  const place = (name: string) => 1 + slotOf(kind, name)
  const state = (state: number | 'slot', name: string) => (state === 'slot' ? IN_SLOT + slotOf(kind, name) : state)
  const [shapes, subject] = transition.resource === 'proc' ? [procShapes, 'p'] : [transitionShapes, 'g']
  shapes[kind] =
    ((transition.subject === 'context' ? 0 : place(subject)) << SUBJECT) |
    (state(transition.from, 'from') << BEFORE) |
    (state(transition.to, 'to') << AFTER) |
    (place('reason') << REASON) |
    (place('stack') << STACK) |
    ((1 + ownStackSlot(kind, transition)) << OWN_STACK)
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

/** The stack of any event of this kind; NO_STACK where it tells none. */
export function stackOf(kind: number, slots: Int32Array, at: number): number {
  const slot = stackSlots[kind]
  return slot === 0 ? NO_STACK : slots[at + slot - 1]
}

/**
 * The goroutine's own stack, which is another than the event's where the goroutine is created; NO_STACK where it is not
 * told.
 */
export function ownStackOf(shape: number, slots: Int32Array, at: number): number {
  const slot = (shape >> OWN_STACK) & 7
  return slot === 0 ? NO_STACK : slots[at + slot - 1]
}

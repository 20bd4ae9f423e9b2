/**
 * How to read a goroutine's transition out of the ordered columns, by event kind: places of slots and fixed states, derived from
 * the event table into typed arrays for loops over events.
 */
import { EVENT_LIMIT, EventKind, eventSpecs, slotOf } from '../../shared/event-table.js'

/** The subject is the goroutine of the event's context. */
export const CONTEXT = -1
/** The event is no transition of a goroutine. */
export const NO_TRANSITION = -2
/** The event has no such slot. */
export const NO_SLOT = -1

/** Slot of the goroutine's row, CONTEXT or NO_TRANSITION. */
export const subjectSlots = new Int8Array(EVENT_LIMIT).fill(NO_TRANSITION)
/** The state before and after, or −1 − slot where it is in a slot. */
const fromStates = new Int8Array(EVENT_LIMIT)
const toStates = new Int8Array(EVENT_LIMIT)
/** Slots of the reason, the event's stack and the goroutine's own stack, or NO_SLOT. */
export const reasonSlots = new Int8Array(EVENT_LIMIT).fill(NO_SLOT)
export const stackSlots = new Int8Array(EVENT_LIMIT).fill(NO_SLOT)
export const goStackSlots = new Int8Array(EVENT_LIMIT).fill(NO_SLOT)

/** Events whose stack is the goroutine's own. */
const ownStack: readonly number[] = [
  EventKind.GoStop,
  EventKind.GoBlock,
  EventKind.GoSyscallBegin,
  EventKind.GoStatusStack,
]

for (const spec of eventSpecs) {
  if (spec?.transition?.resource !== 'goroutine') continue
  const { kind, transition } = spec
  const stateOf = (state: number | 'slot', slot: string) => (state === 'slot' ? -1 - slotOf(kind, slot) : state)
  subjectSlots[kind] = transition.subject === 'context' ? CONTEXT : slotOf(kind, 'g')
  fromStates[kind] = stateOf(transition.from, 'from')
  toStates[kind] = stateOf(transition.to, 'to')
  reasonSlots[kind] = slotOf(kind, 'reason')
  stackSlots[kind] = slotOf(kind, 'stack')
  goStackSlots[kind] = slotOf(kind, ownStack.includes(kind) ? 'stack' : 'newStack')
}

/** The state before an event that is a transition and has its first slot at `at`. */
export function stateBefore(kind: number, slots: Int32Array, at: number): number {
  const state = fromStates[kind]
  return state >= 0 ? state : slots[at - 1 - state]
}

export function stateAfter(kind: number, slots: Int32Array, at: number): number {
  const state = toStates[kind]
  return state >= 0 ? state : slots[at - 1 - state]
}

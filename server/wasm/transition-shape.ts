/**
 * Fields of a shape: one number that says how to read a transition out of the slots of an event (core/events.ts). Read
 * by TypeScript and by AssemblyScript alike, so that nothing stands here but numbers.
 */

export const NO_TRANSITION = -1
/** Three bits with 1 + the slot of the goroutine or proc, 0: it is that of the context. */
export const SUBJECT = 0
/** Four bits each with a state, or IN_SLOT + its slot. */
export const BEFORE = 3
export const AFTER = 7
export const IN_SLOT = 8
/** Three bits each with 1 + the slot, 0: the event has none. */
export const REASON = 11
export const STACK = 14
export const OWN_STACK = 17

/** Keys that are commands. */

/**
 * Whether a key stands for itself. With AltGr it does, though Windows reports that as Ctrl and Alt: on many keyboards [
 * and ] need it.
 */
export function isPlain(event: KeyboardEvent): boolean {
  return event.getModifierState('AltGraph') || !(event.ctrlKey || event.metaKey || event.altKey)
}

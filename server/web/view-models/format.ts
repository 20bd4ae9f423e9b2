/**
 * How figures are written on the pages (design guide §7): three significant digits to compare, Go's exact notation in
 * the title, so that nothing is lost. Plain strings and small objects; the markup is made by plugins/views.ts.
 */
import type { Id } from '../../contract/common.js'

export { bytesText, durationText, type ShortDuration, shortDuration, splitFunctionName } from '../../shared/figures.js'

/** `30,942`; an id or count beyond 2^53 comes as a decimal string and gets its commas too. */
export function countText(value: Id): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** `1 goroutine`, `12 goroutines`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : many}`
}

/** A share 0…1 as percent. */
export function percentText(share: number, decimals = 1): string {
  return `${(share * 100).toFixed(decimals)}%`
}

export const unnamedGroup = '(no stack recorded)'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `23 Nov 2026, 12:43:00.046 to 12:43:00.115 UTC` from ISO 8601 times; the day stands twice only where it changes. */
export function wallSpanText(start: string, end: string | null): string {
  const from = wallParts(start)
  if (end === null) return `${from.day}, ${from.time} UTC`
  const to = wallParts(end)
  return `${from.day}, ${from.time} to ${to.day === from.day ? '' : `${to.day}, `}${to.time} UTC`
}

function wallParts(iso: string): { day: string; time: string } {
  const date = new Date(iso)
  return {
    day: `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`,
    time: date.toISOString().slice(11, 23),
  }
}

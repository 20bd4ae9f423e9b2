/**
 * Durations and function names as the pages write them, on the server and in the browser alike (design guide §7): three
 * significant digits to compare, and the package apart from the name.
 */
import { formatDuration } from './duration.js'

export interface ShortDuration {
  /** Digits without a unit. */
  readonly digits: string
  /** `ns`, `µs`, `ms`, `s`; empty for 0 and from one minute on, where the digits carry Go's units. */
  readonly unit: string
  /** Order of magnitude, for the weight of the figure. */
  readonly magnitude: '0' | 'ns' | 'us' | 'ms' | 's'
}

const second = 1e9

/** A duration in ns with three significant digits, and its unit apart. */
export function shortDuration(ns: number): ShortDuration {
  const size = Math.abs(ns)
  if (size === 0) return { digits: '0', unit: '', magnitude: '0' }
  if (size >= 59.95 * second) {
    return { digits: formatDuration(Math.round(ns / second) * second), unit: '', magnitude: 's' }
  }
  if (size < 999.5) return { digits: String(Math.round(ns)), unit: 'ns', magnitude: 'ns' }
  // The limits lie where rounding to three digits reaches the next unit: 999.6µs is 1.00ms.
  if (size < 999.5e3) return { digits: threeDigits(ns / 1e3), unit: 'µs', magnitude: 'us' }
  if (size < 999.5e6) return { digits: threeDigits(ns / 1e6), unit: 'ms', magnitude: 'ms' }
  return { digits: threeDigits(ns / second), unit: 's', magnitude: 's' }
}

export function durationText(ns: number): string {
  const { digits, unit } = shortDuration(ns)
  return digits + unit
}

/** A duration of few digits, for axes: `10ms` where others have `10.0ms`. */
export function roundDuration(ns: number): string {
  return durationText(ns).replace(/\.0+(?=\D)/, '')
}

function threeDigits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
}

/** A function's name in two parts: the package (with the dot) steps back, the rest stands. */
export function splitFunctionName(name: string): { pkg: string; func: string } {
  // The type arguments of a generic function may hold import paths of their own.
  const bracket = name.indexOf('[')
  const dot = name.indexOf('.', name.lastIndexOf('/', bracket < 0 ? name.length : bracket) + 1)
  return { pkg: name.slice(0, dot + 1), func: name.slice(dot + 1) }
}

const byteUnits = ['KiB', 'MiB', 'GiB', 'TiB']

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 1023.95 && unit < byteUnits.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${byteUnits[unit]}`
}

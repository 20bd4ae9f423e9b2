/**
 * Durations as text, in the form of Go's time.Duration: `1.5µs`, `1h0m0.000000005s`. The text loses nothing, so that
 * parsing it gives the same nanoseconds back.
 */

const SECOND = 1e9

const unitSizes: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** The largest size of a 64-bit duration, which only a negative one reaches. */
const LIMIT = 1n << 63n

/** Text of a whole number of nanoseconds; exact up to 2^53. */
export function formatDuration(ns: number): string {
  const sign = ns < 0 ? '-' : ''
  const size = Math.abs(ns)
  if (size === 0) return '0s'
  if (size < 1e3) return `${sign}${size}ns`
  if (size < 1e6) return `${sign}${decimal(size, 3)}µs`
  if (size < SECOND) return `${sign}${decimal(size, 6)}ms`
  // The remainder first: the quotient of sizes beyond 2^50 would be rounded up to the next second.
  const minutes = (size - (size % (60 * SECOND))) / (60 * SECOND)
  const seconds = decimal(size % (60 * SECOND), 9)
  if (minutes === 0) return `${sign}${seconds}s`
  if (minutes < 60) return `${sign}${minutes}m${seconds}s`
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`
}

/** `size` divided by 10^places, without trailing zeros. */
function decimal(size: number, places: number): string {
  const unit = 10 ** places
  const rest = size % unit
  const whole = String((size - rest) / unit)
  if (rest === 0) return whole
  return `${whole}.${String(rest).padStart(places, '0').replace(/0+$/, '')}`
}

/**
 * Nanoseconds of a text such as `1.5ms`, `-2m3s` or `0`; null when Go would refuse it: no unit, blanks, exponents,
 * beyond 64 bits.
 */
export function parseDuration(text: string): number | null {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0
  if (body === '') return null
  let rest = body
  let total = 0n
  while (rest !== '') {
    const part = /^(\d*)(?:\.(\d*))?([^.\d]+)/.exec(rest)
    if (part === null) return null
    const [all, whole, fraction = '', unit] = part
    const unitSize = Object.hasOwn(unitSizes, unit) ? unitSizes[unit] : undefined
    if (unitSize === undefined || (whole === '' && fraction === '')) return null
    const size = BigInt(whole || 0)
    if (size > LIMIT / unitSize) return null
    total += size * unitSize + fractionOf(fraction, unitSize)
    if (total > LIMIT) return null
    rest = rest.slice(all.length)
  }
  if (negative) return total === 0n ? 0 : -Number(total)
  return total === LIMIT ? null : Number(total)
}

/** The part of a unit that fraction digits stand for, cut to nanoseconds in doubles as Go does. */
function fractionOf(digits: string, unitSize: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    // Digits that 63 bits cannot hold are dropped.
    if (value > (LIMIT - 1n) / 10n || next > LIMIT) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unitSize) / scale)))
}

/**
 * Parameters that are more than a word: ids, times, windows, durations, program counters. Empty is not set, as an empty
 * field of a form.
 */
import type { RegionFilter } from '../../contract/annotations.js'
import type { Id } from '../../contract/common.js'
import { CodedError } from '../../errors.js'
import { parseDuration } from '../../shared/duration.js'

export const latencyProperties = {
  latmin: { type: 'string', description: 'shortest duration, as Go writes it: 1.5ms' },
  latmax: { type: 'string', description: 'longest duration' },
} as const

/** Which regions: the same on `/userregion` and on the profiles of regions. */
export const regionProperties = {
  ...latencyProperties,
  type: { type: 'string', description: 'regions of this type; empty: those without' },
  pc: { type: 'string', description: 'program counter of the frame that started the region, hexadecimal' },
} as const

export function regionFilter(query: { type?: string; pc?: string; latmin?: string; latmax?: string }): RegionFilter {
  return {
    type: query.type,
    pc: pcParam(query.pc),
    latmin: durationParam('latmin', query.latmin),
    latmax: durationParam('latmax', query.latmax),
  }
}

/** A moment, as `timeParam` reads it. */
export const timeProperty = <Text extends string>(description: Text) => ({ type: 'string', description }) as const

/** A part of the time of the trace, as `windowParam` reads it. */
export const windowProperties = {
  from: timeProperty('start of the window, ns since the first event'),
  to: timeProperty('end of the window, ns; not in it'),
} as const

export interface Window {
  readonly from?: number
  readonly to?: number
}

/** An open end is left out. */
export function windowParam(query: { readonly from?: string; readonly to?: string }): Window {
  const from = timeParam('from', query.from)
  const to = timeParam('to', query.to)
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** ns since the first event. A trace is served up to 2^53 ns: what is later is as late as that. */
export function timeParam(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,20}$/.test(text)) throw malformed(name, 'a whole number of ns', text)
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

/** What a question cannot do without. */
export function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new CodedError('BAD_PARAMETER', `Parameter ${name} is missing`)
  return value
}

/** As Go writes durations: `250µs`, `1.5ms`. */
export function durationParam(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const ns = parseDuration(text)
  if (ns === null) throw malformed(name, 'a duration such as 250µs or 1.5ms', text)
  return ns
}

/** A decimal number up to 2^64 − 1; a string where a number would lose digits. */
export function idParam(name: string, text: string | undefined): Id | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 1n << 64n) throw malformed(name, 'a number', text)
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : String(BigInt(text))
}

/** A program counter, with or without `0x`; canonical: lower case, without it. */
export function pcParam(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const digits = /^(?:0x)?0*([0-9a-f]{1,16})$/i.exec(text)
  if (digits === null) throw malformed('pc', 'a hexadecimal number', text)
  return digits[1].toLowerCase()
}

export function completeParam(text: string | undefined): boolean | undefined {
  switch (text) {
    case undefined:
    case '':
      return undefined
    case '1':
    case 'true':
      return true
    case '0':
    case 'false':
      return false
    default:
      throw malformed('complete', '1, true, 0 or false', text)
  }
}

export function malformed(name: string, wanted: string, text: string): CodedError {
  return new CodedError('BAD_PARAMETER', `Parameter ${name} must be ${wanted}, not ${JSON.stringify(text)}`)
}

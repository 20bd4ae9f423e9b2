/**
 * Prints parsed events as `go tool trace -d=parsed` does with TZ=UTC (format.md appendix D). Text is Latin-1, one
 * character a byte, like the strings of the events.
 */
import type { ParsedEvent, Stack } from './parsed-event.js'

export function printEvent(event: ParsedEvent): string {
  let text = `M=${event.thread} P=${event.proc} G=${event.goroutine} ${event.kind} Time=${event.time}${details(event)}`
  if (event.stack !== null) text += `\nStack=\n${printStack(event.stack)}`
  return `${text}\n`
}

function details(event: ParsedEvent): string {
  switch (event.kind) {
    case 'Sync': {
      const { snapshot } = event
      if (snapshot === null) return ` N=${event.n}`
      const wall = printWall(snapshot.wallSeconds, snapshot.wallNanoseconds)
      return ` N=${event.n} Trace=${snapshot.trace} Mono=${snapshot.mono} Wall=${wall}`
    }
    case 'Metric':
      return ` Name=${quote(event.name)} Value=${printValue(event.value)}`
    case 'Label':
      return ` Label=${quote(event.label)} Resource=Goroutine(${event.resource})`
    case 'StackSample':
      return ''
    case 'RangeBegin':
    case 'RangeActive':
    case 'RangeEnd': {
      const { resource, id } = event.scope
      const scope = resource === 'None' ? 'None' : `${resource}(${id})`
      const attributes = event.attributes.map(({ name, value }) => `${quote(name)}=${printValue(value)}`)
      const end = event.kind === 'RangeEnd' ? ` Attributes=[${attributes.join(' ')}]` : ''
      return ` Name=${quote(event.name)} Scope=${scope}${end}`
    }
    case 'TaskBegin':
    case 'TaskEnd':
      return ` ID=${event.id} Parent=${event.parent} Type=${quote(event.type)}`
    case 'RegionBegin':
    case 'RegionEnd':
      return ` Task=${event.task} Type=${quote(event.type)}`
    case 'Log':
      return ` Task=${event.task} Category=${quote(event.category)} Message=${quote(event.message)}`
    case 'StateTransition': {
      const id = event.resource === 'Goroutine' ? 'GoID' : 'ProcID'
      const text = ` ${id}=${event.id} ${event.from}->${event.to} Reason=${quote(event.reason)}`
      return event.transitionStack === null ? text : `${text}\nTransitionStack=\n${printStack(event.transitionStack)}`
    }
    case 'Experimental':
      return ` Name=${event.name} Args=[${event.args.map(([name, value]) => `${name}=${printValue(value)}`).join(', ')}]`
  }
}

function printStack(stack: NonNullable<Stack>): string {
  return stack.map(({ pc, func, file, line }) => `\t${func} @ 0x${pc.toString(16)}\n\t\t${file}:${line}\n`).join('')
}

function printValue(value: bigint): string {
  return `Value{Uint64(${value})}`
}

/** RFC 3339 with up to nine digits of fraction, in UTC. */
function printWall(seconds: bigint, nanoseconds: bigint): string {
  const total = BigInt.asIntN(64, seconds) * 1_000_000_000n + BigInt.asIntN(64, nanoseconds)
  const fraction = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const date = new Date(Number((total - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '')
  return `${date}${digits === '' ? '' : `.${digits}`}Z`
}

const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

/** A Go string literal of a string of bytes, in bytes. */
export function quote(latin1: string): string {
  let text = ''
  const bytes = Buffer.from(latin1, 'latin1')
  for (let at = 0; at < bytes.length; ) {
    const length = runeLength(bytes, at)
    if (length === 0) {
      text += `\\x${bytes[at].toString(16).padStart(2, '0')}`
      at++
      continue
    }
    const part = bytes.subarray(at, at + length)
    const rune = part.toString('utf8')
    const code = rune.codePointAt(0) as number
    if (ESCAPES[rune] !== undefined) text += ESCAPES[rune]
    else if (rune === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(rune)) text += part.toString('latin1')
    else if (code < 0x20 || code === 0x7f) text += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code < 0x10000) text += `\\u${code.toString(16).padStart(4, '0')}`
    else text += `\\U${code.toString(16).padStart(8, '0')}`
    at += length
  }
  return `"${text}"`
}

/** Bytes of the UTF-8 sequence at `at`, 0 if there is no valid one. */
function runeLength(bytes: Buffer, at: number): number {
  const first = bytes[at]
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length <= 1) return length
  try {
    const rune = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(at, at + length))
    return [...rune].length === 1 ? length : 0
  } catch {
    return 0
  }
}

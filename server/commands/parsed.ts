/**
 * `-d=parsed`: the ordered events as text, byte for byte as `go tool trace -d=parsed` prints them (format.md appendix
 * D).
 *
 * Texts are Latin-1 strings here, one character a byte, because names in a trace are bytes that need not be UTF-8.
 */
import { type CodesByRow, type Dictionary, NO_STACK } from '../core/dictionary.js'
import { type EventBlock, exactOf } from '../core/event-block.js'
import { EventKind, eventSpecs, slotCounts, slotOf } from '../core/event-table.js'
import { goQuote } from '../core/go-quote.js'
import { goStateNames, procStateNames } from '../core/states.js'
import type { OrderedReader } from '../trace/order/reader.js'

/** Size from which collected text is given out, in characters. */
const CHUNK = 1 << 18

/** The text of all events, in chunks. Ends where the stream of the reader ends; its `error` says why. */
export function* printParsed(reader: OrderedReader): Generator<string> {
  const printer = new Printer(reader)
  for (let block = reader.next(); block !== null; block = reader.next()) {
    yield* printer.print(block)
  }
}

class Printer {
  private readonly dictionary: Dictionary
  private readonly stackTexts: string[] = []
  private readonly quoted: string[] = []
  private syncs = 0

  constructor(private readonly reader: OrderedReader) {
    this.dictionary = reader.dictionary
  }

  *print(block: EventBlock): Generator<string> {
    let text = ''
    let at = 0
    for (let i = 0; i < block.length; i++) {
      text += this.event(block, i, at)
      at += slotCounts[block.kinds[i]]
      if (text.length >= CHUNK) {
        yield text
        text = ''
      }
    }
    if (text !== '') yield text
  }

  private event(block: EventBlock, i: number, at: number): string {
    const { dictionary } = this
    const { slots } = block
    const kind = block.kinds[i]
    const spec = eventSpecs[kind]!
    const slot = (name: string) => slots[at + slotOf(kind, name)]
    const id = (table: { ids: CodesByRow }, row: number) =>
      row < 0 ? '-1' : dictionary.wide.signedText(table.ids[row])
    const task = (row: number) => (row < 0 ? '18446744073709551615' : dictionary.wide.text(dictionary.tasks.ids[row]))
    const value = (name: string) => {
      const low = at + slotOf(kind, `${name}Low`)
      return `Value{Uint64(${exactOf(slots[low], slots[low + 1])})}`
    }
    const goroutine = block.goroutines[i]
    const head = (name: string) =>
      `M=${id(dictionary.threads, block.threads[i])} P=${id(dictionary.procs, block.procs[i])} G=${id(dictionary.goroutines, goroutine)} ${name} Time=${this.reader.startTime + BigInt(block.times[i])}`
    const stack = slotOf(kind, 'stack') < 0 ? NO_STACK : slot('stack')
    if (spec.transition) {
      const { resource, subject, from, to } = spec.transition
      const fromState = from === 'slot' ? slot('from') : from
      const toState = to === 'slot' ? slot('to') : to
      let text = head('StateTransition')
      let transitionStack = NO_STACK
      if (resource === 'proc') {
        const row = subject === 'slot' ? slot('p') : block.procs[i]
        text += ` ProcID=${id(dictionary.procs, row)} ${procStateNames[fromState]}->${procStateNames[toState]} Reason=""`
      } else {
        const row = subject === 'slot' ? slot('g') : goroutine
        const reason = slotOf(kind, 'reason') < 0 ? '""' : this.quote(slot('reason'))
        text += ` GoID=${id(dictionary.goroutines, row)} ${goStateNames[fromState]}->${goStateNames[toState]} Reason=${reason}`
        if (slotOf(kind, 'newStack') >= 0) transitionStack = slot('newStack')
        // The stack of a goroutine that leaves Running by itself, or tells its status, is its own.
        else if (subject === 'context' || kind === EventKind.GoStatusStack) transitionStack = stack
      }
      if (transitionStack !== NO_STACK) text += `\nTransitionStack=\n${this.stack(transitionStack)}`
      return this.withStack(text, stack)
    }
    if (spec.range) {
      const { edge, scope } = spec.range
      const name = slotOf(kind, 'stwKind') < 0 ? goQuote(spec.range.name) : this.quoteStw(slot('stwKind'))
      const scopeText =
        scope === 'none'
          ? 'None'
          : scope === 'proc'
            ? `Proc(${id(dictionary.procs, slotOf(kind, 'p') < 0 ? block.procs[i] : slot('p'))})`
            : `Goroutine(${id(dictionary.goroutines, slotOf(kind, 'g') < 0 ? goroutine : slot('g'))})`
      const title = edge === 'begin' ? 'RangeBegin' : edge === 'active' ? 'RangeActive' : 'RangeEnd'
      let text = `${head(title)} Name=${name} Scope=${scopeText}`
      if (edge === 'end') {
        text +=
          kind === EventKind.GCSweepEnd
            ? ` Attributes=["bytes swept"=${value('swept')} "bytes reclaimed"=${value('reclaimed')}]`
            : ' Attributes=[]'
      }
      return this.withStack(text, stack)
    }
    if (spec.metric)
      return this.withStack(`${head('Metric')} Name=${goQuote(spec.metric)} Value=${value('value')}`, stack)
    switch (kind) {
      case EventKind.Sync:
        return `${head('Sync')}${this.sync(slot('generation'))}\n`
      case EventKind.CpuSample:
        return this.withStack(head('StackSample'), stack)
      case EventKind.GoLabel:
        return `${head('Label')} Label=${this.quote(slot('label'))} Resource=Goroutine(${id(dictionary.goroutines, goroutine)})\n`
      case EventKind.UserTaskBegin:
      case EventKind.UserTaskEnd:
        return this.withStack(
          `${head(kind === EventKind.UserTaskBegin ? 'TaskBegin' : 'TaskEnd')} ID=${task(slot('task'))} Parent=${task(slot('parent'))} Type=${this.quote(slot('name'))}`,
          stack,
        )
      case EventKind.UserRegionBegin:
      case EventKind.UserRegionEnd:
        return this.withStack(
          `${head(kind === EventKind.UserRegionBegin ? 'RegionBegin' : 'RegionEnd')} Task=${task(slot('task'))} Type=${this.quote(slot('name'))}`,
          stack,
        )
      case EventKind.UserLog:
        return this.withStack(
          `${head('Log')} Task=${task(slot('task'))} Category=${this.quote(slot('category'))} Message=${this.quote(slot('message'))}`,
          stack,
        )
    }
    const args = spec.args.map(
      (arg, position) => `${arg}=Value{Uint64(${exactOf(slots[at + position * 2], slots[at + position * 2 + 1])})}`,
    )
    return `${head('Experimental')} Name=${spec.name} Args=[${args.join(', ')}]\n`
  }

  private sync(generation: number): string {
    this.syncs++
    const snapshot = generation < 0 ? null : this.reader.generations[generation].snapshot
    if (snapshot === null) return ` N=${this.syncs}`
    const wall = wallText(snapshot.wallSeconds, snapshot.wallNanoseconds)
    return ` N=${this.syncs} Trace=${snapshot.trace} Mono=${BigInt.asIntN(64, snapshot.mono)} Wall=${wall}`
  }

  private withStack(text: string, stack: number): string {
    return stack === NO_STACK ? `${text}\n` : `${text}\nStack=\n${this.stack(stack)}\n`
  }

  private stack(row: number): string {
    let text = this.stackTexts[row]
    if (text === undefined) {
      const { framePcs, frameFunctions, frameFiles, frameLines, strings } = this.dictionary
      text = this.dictionary
        .frames(row)
        .map(
          frame =>
            `\t${strings[frameFunctions[frame]]} @ 0x${framePcs[frame].toString(16)}\n\t\t${strings[frameFiles[frame]]}:${frameLines[frame]}\n`,
        )
        .join('')
      this.stackTexts[row] = text
    }
    return text
  }

  private quote(row: number): string {
    this.quoted[row] ??= goQuote(this.dictionary.strings[row])
    return this.quoted[row]
  }

  private quoteStw(row: number): string {
    return goQuote(`stop-the-world (${this.dictionary.strings[row]})`)
  }
}

/** Seconds of 400 years; Unix times of the first moments of two years. */
const CALENDAR_CYCLE = 12_622_780_800n
const YEAR_1 = -62_135_596_800n
const YEAR_10000 = 253_402_300_800n

/** RFC 3339 in the local time zone, the fraction without trailing zeros. */
function wallText(seconds: bigint, nanoseconds: bigint): string {
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '')
  // The calendar repeats itself, weekdays too; a Date ends long before Go's time does, and writes years of more than
  // four digits otherwise.
  const cycles = seconds < YEAR_1 || seconds >= YEAR_10000 ? seconds / CALENDAR_CYCLE : 0n
  const date = new Date(Number(seconds - cycles * CALENDAR_CYCLE) * 1000)
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000)
  const year = BigInt(local.getUTCFullYear()) + 400n * cycles
  const years = `${year < 0n ? '-' : ''}${String(year < 0n ? -year : year).padStart(4, '0')}`
  const two = (n: number) => String(n).padStart(2, '0')
  const zone =
    offset === 0
      ? 'Z'
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  return `${years}${local.toISOString().slice(-20, -5)}${fraction === '' ? '' : `.${fraction}`}${zone}`
}

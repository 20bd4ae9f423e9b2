/**
 * The command line: `trace-serve [flags] [binary] FILE`.
 *
 * Flags are read as Go reads them (`-http=A`, `-http A`, `--http=A`, `--http A`), but also after the file; they end at
 * `--`. A flag given twice counts as the second time.
 */
import { editDistance } from '../shared/edit-distance.js'
import { type Address, parseAddress } from './address.js'

export const dumpModes = ['wire', 'parsed', 'footprint'] as const
export type DumpMode = (typeof dumpModes)[number]

export const pprofTypes = ['net', 'sync', 'syscall', 'sched'] as const
export type PprofType = (typeof pprofTypes)[number]

export type Command =
  | {
      readonly name: 'serve'
      readonly file: string
      readonly address: Address | null
      readonly openBrowser: boolean
      readonly limits: Limits
    }
  | { readonly name: 'profile'; readonly file: string; readonly type: PprofType; readonly limits: Limits }
  | { readonly name: 'dump'; readonly file: string; readonly mode: DumpMode }
  | { readonly name: 'help' | 'version' }

/** What a trace may take of the machine; the defaults are those of engine/trace-host.ts. */
export interface Limits {
  readonly memoryBytes?: number
}

/** A command line that can't be understood; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `trace-serve opens a Go execution trace in the browser.

Usage:
  trace-serve [flags] [binary] FILE

FILE is a trace made by runtime/trace, \`go test -trace\` or net/http/pprof, by Go 1.11 or newer.
binary is accepted, as \`go tool trace\` accepts it, and not used.

Flags:
  -http=ADDRESS  where to listen: HOST:PORT, PORT for this machine only, port 0 for any free one
                 (default 127.0.0.1:8722, or the next free port)
  -no-open       do not open the browser (it is only opened from a terminal)
  -pprof=TYPE    write a profile to standard output instead:
                   net      waiting for the network
                   sync     waiting for other goroutines
                   syscall  time in system calls
                   sched    waiting for a processor
  -memory=SIZE   memory for what is kept of what was read again and answered, beside what the pages need:
                 a number with K, M or G (default 160M)
  -workers=N     has no effect any more: one thread puts the events in order
  -d=MODE        write what is in the file to standard output instead:
                   wire       its bytes as text, event by event
                   parsed     its events in order, with states, stacks and names
                   footprint  bytes and number of events of each type
  -help          this text
  -version       the version of trace-serve

Flags may also be written with two dashes and with a blank for the equals sign: --http localhost:0. What
follows -- is no flag.
Exit status: 0 success, 1 the trace or the system refused, 2 the command line is wrong.
`

const valueFlags: ReadonlySet<string> = new Set(['http', 'pprof', 'workers', 'memory', 'd'])
const switchFlags: ReadonlySet<string> = new Set(['no-open', 'help', 'h', 'version'])
/** Flags of other programs, by ours that does the same. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['p', 'http'],
  ['port', 'http'],
  ['a', 'http'],
  ['addr', 'http'],
  ['address', 'http'],
  ['host', 'http'],
  ['listen', 'http'],
  ['v', 'version'],
  ['V', 'version'],
  ['?', 'help'],
  ['usage', 'help'],
  ['no-browser', 'no-open'],
  ['profile', 'pprof'],
  ['dump', 'd'],
  ['debug', 'd'],
])
const trueTexts: readonly string[] = ['', '1', 't', 'T', 'true', 'TRUE', 'True']
const falseTexts: readonly string[] = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/** Throws UsageError; `warn` is told of what has no effect. */
export function parseArguments(args: readonly string[], warn: (sentence: string) => void = () => {}): Command {
  const { values, switches, rest } = readFlags(args)
  if (switches.has('help') || switches.has('h')) return { name: 'help' }
  if (switches.has('version')) return { name: 'version' }
  const file = fileOf(rest)
  const workers = values.get('workers')
  if (workers !== undefined) {
    if (!/^[1-9]\d{0,3}$/.test(workers)) throw new UsageError(`-workers=${workers}: wanted a number from 1 to 9999`)
    warn('-workers has no effect any more: one thread puts the events in order')
  }
  const limits = limitsOf(values)
  const type = values.get('pprof') ?? ''
  if (type !== '') return { name: 'profile', file, type: oneOf(pprofTypes, type, 'profile', '-pprof'), limits }
  const mode = values.get('d') ?? ''
  if (mode !== '') return { name: 'dump', file, mode: oneOf(dumpModes, mode, 'dump', '-d') }
  const http = values.get('http')
  const address = http === undefined ? null : parseAddress(http)
  if (typeof address === 'string') throw new UsageError(`-http=${http}: ${address}`)
  return { name: 'serve', file, address, openBrowser: !switches.has('no-open'), limits }
}

function limitsOf(values: ReadonlyMap<string, string>): Limits {
  const memory = values.get('memory')
  return memory === undefined ? {} : { memoryBytes: parseSize(memory) }
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 }

function parseSize(text: string): number {
  const match = /^(\d{1,12})([KMG]?)(?:i?B)?$/i.exec(text)
  if (match === null) throw new UsageError(`-memory=${text}: wanted a size such as 160M or 2G`)
  return Number(match[1]) * units[match[2].toUpperCase()]
}

interface Flags {
  readonly values: Map<string, string>
  readonly switches: Set<string>
  /** What is no flag. */
  readonly rest: readonly string[]
}

function readFlags(args: readonly string[]): Flags {
  const values = new Map<string, string>()
  const switches = new Set<string>()
  const rest: string[] = []
  let at = 0
  while (at < args.length) {
    const argument = args[at++]
    if (argument === '--') return { values, switches, rest: [...rest, ...args.slice(at)] }
    if (!/^-./s.test(argument)) {
      rest.push(argument)
      continue
    }
    const match = /^(--?([^-=][^=]*))(?:=(.*))?$/s.exec(argument)
    if (match === null) throw new UsageError(`${argument} is no flag`)
    const [, text, name, value] = match
    if (valueFlags.has(name)) {
      if (value === undefined && at === args.length) throw new UsageError(`flag ${text} needs a value`)
      values.set(name, value ?? args[at++])
    } else if (switchFlags.has(name)) {
      if (isOn(name, value ?? '')) switches.add(name)
      else switches.delete(name)
    } else {
      const near = nearestFlag(name)
      throw new UsageError(`there is no flag ${text}${near === null ? '' : `; did you mean -${near}?`}`)
    }
  }
  return { values, switches, rest }
}

/** The flag that was meant: another program's word for it, or a name with at most a third of its letters wrong. */
function nearestFlag(name: string): string | null {
  const known = otherNames.get(name)
  if (known !== undefined) return known
  const distance = (flag: string) => editDistance(name, flag, name.length / 3)
  const nearest = [...valueFlags, ...switchFlags].sort((a, b) => distance(a) - distance(b))[0]
  return distance(nearest) === Number.POSITIVE_INFINITY ? null : nearest
}

function isOn(name: string, value: string): boolean {
  if (trueTexts.includes(value)) return true
  if (falseTexts.includes(value)) return false
  throw new UsageError(`flag -${name} is true or false, not ${JSON.stringify(value)}`)
}

function fileOf(rest: readonly string[]): string {
  if (rest.length === 0) throw new UsageError('the trace file is missing')
  if (rest.length > 2) throw new UsageError(`wanted [binary] FILE, found ${rest.length} names: ${rest.join(' ')}`)
  return rest[rest.length - 1]
}

function oneOf<T extends string>(known: readonly T[], text: string, what: string, flag: string): T {
  const found = known.find(each => each === text)
  if (found !== undefined) return found
  throw new UsageError(`${flag}=${text}: there is no such ${what}; there are ${known.join(', ')}`)
}

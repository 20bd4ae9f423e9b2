import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { footprintTable } from '../../server/commands/footprint.js'
import { Output } from '../../server/commands/output.js'
import { printWire } from '../../server/commands/wire.js'
import { eventSpecs } from '../../server/core/event-table.js'
import { lastWireType, wireArgs } from '../../server/trace/wire/wire-reader.js'
import { noGo, runTool } from '../helpers/go.js'
import { MemorySource } from '../helpers/memory-source.js'
import { header, varint } from '../helpers/trace-bytes.js'

const all = 2n ** 64n - 1n

class TextOutput extends Output {
  text = ''

  constructor() {
    super(-1)
  }

  override write(data: Uint8Array | string): void {
    this.text += typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
  }
}

/** Text and error of our dump. */
function wire(version: number, bytes: readonly number[]): { text: string; error: string } {
  const output = new TextOutput()
  try {
    printWire(new MemorySource([...header(version), ...bytes]), version, 16, output)
  } catch (error) {
    return { text: output.text, error: (error as Error).message }
  }
  return { text: output.text, error: '' }
}

const go = [20, 1, 2, 3]
const goText = 'GoBlock dt=1 reason_string=2 stack=3\n'

interface Case {
  readonly name: string
  readonly version?: number
  readonly bytes: number[]
  readonly text: string
  readonly error?: RegExp
}

const cases: Case[] = [
  { name: 'nothing', bytes: [], text: '' },
  { name: 'an event', bytes: go, text: goText },
  {
    name: 'numbers of all sizes',
    bytes: [25, ...varint(2n ** 32n), ...varint(2n ** 53n - 1n), ...varint(all), ...varint(2n ** 53n + 1n)],
    text: `GoStatus dt=4294967296 g=9007199254740991 m=${all} gstatus=9007199254740993\n`,
  },
  {
    name: 'numbers at the borders of digits',
    bytes: [25, 9, 10, ...varint(999_999_999), ...varint(4_294_967_295)],
    text: 'GoStatus dt=9 g=10 m=999999999 gstatus=4294967295\n',
  },
  {
    name: 'a stack',
    bytes: [3, 7, 2, 1, 2, 3, 4, ...varint(all), 6, 7, 8],
    text: `Stack id=7 nframes=2\n\tpc=1 func=2 file=3 line=4\n\tpc=${all} func=6 file=7 line=8\n`,
  },
  { name: 'a stack without frames', bytes: [3, 7, 0], text: 'Stack id=7 nframes=0\n' },
  {
    name: 'a stack of a negative number of frames',
    bytes: [3, 7, ...varint(all)],
    text: `Stack id=7 nframes=${all}\n`,
  },
  { name: 'a string', bytes: [5, 1, 4, 0x41, 0xff, 0x22, 10], text: 'String id=1\n\tdata="A\\xff\\"\\n"\n' },
  { name: 'an empty string has no data line', bytes: [5, 1, 0, ...go], text: `String id=1\n${goText}` },
  {
    name: 'an experimental batch',
    version: 23,
    bytes: [49, 1, 2, 3, 4, 2, 0x41, 0x42],
    text: 'ExperimentalBatch exp=1 gen=2 m=3 time=4\n\tdata="AB"\n',
  },
  { name: 'an unused number', version: 26, bytes: [53, ...go], text: `\n${goText}` },
  { name: 'type 0', bytes: [...go, 0], text: goText, error: /invalid event type 0/ },
  { name: 'a type after the table', bytes: [45, 1, 2, 3], text: '', error: /invalid event type 45/ },
  { name: 'the last type', version: 26, bytes: [136, 1, 2], text: 'GoroutineStackFree dt=1 id=2\n' },
  { name: 'past the last type', version: 26, bytes: [137, 1, 2], text: '', error: /invalid event type 137/ },
  { name: 'an end before an argument', bytes: [...go, 20, 1], text: goText },
  { name: 'an end inside an argument', bytes: [...go, 20, 1, 128], text: goText, error: /the end of the file/ },
  { name: 'too many bits', bytes: [...go, 20, ...new Array(10).fill(255)], text: goText, error: /64 bits/ },
  { name: 'an end between frames', bytes: [...go, 3, 7, 2, 1, 2, 3, 4], text: goText },
  { name: 'an end inside a frame', bytes: [...go, 3, 7, 2, 1, 2, 3, 132], text: goText, error: /the end of the file/ },
  { name: 'an end before the length of data', bytes: [...go, 5, 1], text: goText },
  { name: 'an end inside data', bytes: [...go, 5, 1, 3, 0x41], text: goText },
  { name: 'an enormous length', bytes: [...go, 5, 1, ...varint(2n ** 62n), 0x41], text: goText },
  { name: 'a negative length', bytes: [5, 1, ...varint(all), ...go], text: `String id=1\n${goText}` },
  { name: 'a v1 trace', version: 21, bytes: [0x41, 0], text: '', error: /invalid event type 65/ },
]

t.test('hand-made bytes', async t => {
  for (const { name, version = 22, bytes, text, error } of cases) {
    const ours = wire(version, bytes)
    t.equal(ours.text, text, name)
    if (error === undefined) t.equal(ours.error, '', name)
    else t.match(ours.error, error, name)
  }
})

t.test('hand-made bytes, live', { skip: noGo, timeout: 300_000 }, async t => {
  const path = join(t.testdir(), 'a.trace')
  for (const { name, version = 22, bytes, text, error } of cases) {
    writeFileSync(path, Uint8Array.from([...header(version), ...bytes]))
    const { stdout, exit } = runTool('trace', ['-d=wire', path])
    t.strictSame({ text: stdout.toString('latin1'), exit }, { text, exit: error === undefined ? 0 : 1 }, name)
  }
})

t.test('events and data that cross the borders of buffers', async t => {
  // A string of three-byte characters that is longer than any buffer, then events of nine bytes up to past another one.
  const text = '世'.repeat(200_000)
  const data = [...Buffer.from(text)]
  const event = [25, ...varint(300, 2), 1, 2, ...varint(5, 4)]
  const events = new Array(60_000).fill(event).flat()
  const ours = wire(22, [5, 1, ...varint(data.length), ...data, ...events])
  t.equal(ours.error, '')
  const lines = Buffer.from(ours.text, 'latin1').toString().split('\n')
  t.equal(lines[1], `\tdata="${text}"`)
  t.strictSame(new Set(lines.slice(2, -1)), new Set(['GoStatus dt=300 g=1 m=2 gstatus=5']))
  t.equal(lines.length, 60_003)
})

t.test('every type of every version is in the table that Go has for it', async t => {
  for (const version of [22, 23, 25, 26]) {
    const last = lastWireType(version)
    for (let type = 1; type <= last; type++) {
      const spec = eventSpecs[type]
      if (spec !== undefined) t.ok(spec.since <= version || version === 26, `${spec.name} in ${version}`)
    }
    t.ok((eventSpecs[last]?.since ?? 99) <= version)
    t.notOk((eventSpecs[last + 1]?.since ?? 99) <= version)
  }
  t.equal(wireArgs[25].join(' '), 'dt g m gstatus')
})

t.test('footprint', async t => {
  const bytes = [...header(22), ...go, ...go, 5, 1, ...varint(2, 10), 0x41, 0x42, 3, 1, 1, 1, 1, 1, 1]
  const table = footprintTable(new MemorySource(bytes), 22, 16).split('\n')
  t.equal(table.length, 259)
  t.strictSame(table.slice(0, 5), [
    'Event                Bytes  %       Count  %',
    '-                    -      -       -      -',
    'GoBlock              8      17.78%  2      50.00%',
    'Stack                7      15.56%  1      25.00%',
    'String               5      11.11%  1      25.00%',
  ])
  t.match(footprintTable(new MemorySource(header(22)), 22, 16), /GoBlock +0 +0\.00% +0 +NaN%/)
  t.throws(() => footprintTable(new MemorySource([...bytes, 0]), 22, 16), { code: 'FRAMING' })
})

t.test('shares at a tie are rounded to the even digit', async t => {
  // 1 of 800 bytes is 0.125 %: a Stacks event among padded ones.
  const bytes = [...header(22), 2, ...new Array(78).fill([8, ...varint(1, 9)]).flat(), 5, 1, 0]
  t.equal(bytes.length, 800)
  t.match(footprintTable(new MemorySource(bytes), 22, 16), /\nStacks +1 +0\.12% /)
})

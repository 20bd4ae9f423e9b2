import { readFileSync } from 'node:fs'
import t from 'tap'
import type { V2Version } from '../../server/core/formats.js'
import { openSource } from '../../server/source/file.js'
import { buildIndex } from '../../server/trace/index/build-index.js'
import { isV1, readHeader } from '../../server/trace/index/header.js'
import { BatchKind, type TraceIndex } from '../../server/trace/index/trace-index.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { extraTraces, fixture, listFixtures } from '../helpers/fixtures.js'
import { noGo, runTool } from '../helpers/go.js'
import { MemorySource } from '../helpers/memory-source.js'
import { batch, clockBatch, END_OF_GENERATION, header, varint } from '../helpers/trace-bytes.js'

const versions: V2Version[] = [22, 23, 25, 26]
const events = [10, 1, 0, 1]
const strings = [4, 5, 1, 1, 65]

function indexOf(bytes: readonly number[] | Uint8Array): TraceIndex {
  const source = new MemorySource(bytes)
  return buildIndex(source, readHeader(source) as V2Version)
}

/** A whole small generation. */
function generation(version: V2Version, gen: number | bigint): number[] {
  const end = version >= 26 ? [END_OF_GENERATION] : []
  return [...batch(strings, { gen }), ...clockBatch(version, { gen, time: 999 }), ...batch(events, { gen }), ...end]
}

t.test('headers', async t => {
  const texts: [string, string | number[] | Uint8Array, string, RegExp][] = [
    ['empty', '', 'NOT_A_TRACE', /^a is empty, not a Go trace \(wanted "go 1\.N trace"\)$/],
    [
      'gzip',
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7],
      'NOT_A_TRACE',
      /is gzip data, not a Go trace .*; unpack it first/,
    ],
    ['gzip cut', [0x1f, 0x8b], 'NOT_A_TRACE', /is gzip data/],
    ['text', 'package main\n\nimport "fmt"\n', 'NOT_A_TRACE', /found "package main\\n\\nim"/],
    ['zeros', new Uint8Array(64), 'NOT_A_TRACE', /found 16 zero bytes/],
    ['bytes', [1, 2, 255], 'NOT_A_TRACE', /found bytes 01 02 ff\)/],
    ['future', 'go 1.99 trace\0\0\0', 'UNKNOWN_VERSION', /format go 1\.99 \(known are .*1\.26\): it is newer/],
    ['old', 'go 1.8 trace\0\0\0\0', 'UNKNOWN_VERSION', /format go 1\.8 .*too old/],
    ['between', 'go 1.24 trace\0\0\0', 'UNKNOWN_VERSION', /format go 1\.24 .*no Go release/],
    ['cut in the number', 'go 1.2', 'NOT_A_TRACE', /ends inside its header \(wanted 16 bytes, found 6 bytes\)/],
    ['cut in the word', 'go 1.26 t', 'NOT_A_TRACE', /found 9 bytes/],
    ['cut in the zeros', 'go 1.26 trace\0\0', 'NOT_A_TRACE', /found 15 bytes/],
    ['one byte', 'g', 'NOT_A_TRACE', /found 1 byte\)/],
    ['no zeros', 'go 1.26 trace...', 'NOT_A_TRACE', /is not a Go trace/],
    ['other case', 'Go 1.26 trace\0\0\0', 'NOT_A_TRACE', /is not a Go trace/],
  ]
  for (const [name, content, code, message] of texts) {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
    t.throws(() => readHeader(new MemorySource(bytes, 'a')), { code, message }, name)
  }
  for (const version of [11, 19, 21, 22, 23, 25, 26]) {
    const found = readHeader(new MemorySource(header(version)))
    t.equal(found, version)
    t.equal(isV1(found), version < 22)
  }
})

t.test('whole generations', async t => {
  for (const version of versions) {
    // The first number need not be 1, and from 26 on numbers need not follow each other.
    const second = version >= 26 ? 2n ** 60n : 6
    const bytes = [...header(version), ...generation(version, 5), ...generation(version, second)]
    const index = indexOf(bytes)
    t.equal(index.error, null)
    t.equal(index.sizeBytes, bytes.length)
    t.strictSame(
      index.generations.map(entry => entry.number),
      [5n, BigInt(second)],
    )
    const [one, two] = index.generations
    t.equal(one.offset, 16)
    t.equal(one.bytes, generation(version, 5).length)
    t.equal(two.offset + two.bytes, bytes.length)
    t.strictSame([one.firstBatch, one.endBatch, two.firstBatch, two.endBatch], [0, 3, 3, 6])
    t.equal(one.minTime, 999n)
    t.equal(one.frequency, 15_625_000n)
    t.strictSame(one.snapshot, version < 25 ? null : { ticks: 1002n, mono: 4n, seconds: 5n, nanoseconds: 6n })
    t.strictSame([...index.batches.kinds.slice(0, 3)], [BatchKind.Strings, BatchKind.Sync, BatchKind.Events])
  }
})

t.test(
  'a file that ends inside its first generation is perhaps still being written; one that is broken is not',
  async t => {
    const said = (bytes: readonly number[]) => {
      try {
        openTrace(new MemorySource(bytes, 'a'))
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    const hint = /; (it|the file) is perhaps still being written, or cut$/
    for (const version of versions) {
      const bytes = [...header(version), ...generation(version, 5)]
      // Up to 25 a generation counts as complete from its clock facts on.
      const whole = version < 26 ? bytes.length - batch(events, { gen: 5 }).length : bytes.length
      for (let length = 1; length < bytes.length; length++) {
        const cut = said(bytes.slice(0, length))
        if (length < whole) t.match(cut, hint, `${version}, ${length} bytes`)
        else t.equal(cut, '')
      }
      t.match(said([...header(version), ...batch(strings, { gen: 5 }), 3, 0]), /found (type 3|none)[^;]*$/)
    }
    for (const version of [11, 19, 21]) {
      const bytes = new MemorySource([...header(version), 0xc5, 5, 1, 2], 'a')
      t.throws(() => openReader(bytes, openTrace(bytes)), { code: 'FRAMING', message: /EOF|varint/ }, `${version}`)
    }
  },
)

t.test('kinds of batches', async t => {
  const kinds = (version: V2Version, ...batches: number[][]) => {
    const end = version >= 26 ? [END_OF_GENERATION] : []
    const index = indexOf([...header(version), ...clockBatch(version), ...batches.flat(), ...end])
    t.equal(index.error, null)
    return [...index.batches.kinds.slice(1)]
  }
  const K = BatchKind
  for (const version of versions) {
    t.strictSame(
      kinds(version, batch(strings), batch([2]), batch([6]), batch([]), batch(events), batch([4], { experiment: 1 })),
      [K.Strings, K.Stacks, K.CpuSamples, K.Events, K.Events, K.Experimental],
    )
    t.strictSame(kinds(version, batch(strings, { experiment: 0 })), [K.Strings], 'experiment 0 is an ordinary batch')
  }
  t.strictSame(kinds(22, batch([50])), [K.Events], 'a sync batch before 25')
  t.strictSame(kinds(26, batch([8, 1])), [K.Events], 'a frequency batch from 25 on')
  t.strictSame(kinds(25, batch([50])), [K.Sync], 'a sync batch may be empty, and there may be several')
})

t.test('exact 64-bit numbers, and time 0 as unset', async t => {
  const all = 2n ** 64n - 1n
  const bytes = [
    ...header(26),
    ...batch(events, { gen: all, thread: all, time: 2n ** 63n + 1n }),
    ...clockBatch(26, { gen: all, thread: all - 1n, time: 0 }),
    ...batch(events, { gen: all, time: 2n ** 62n + 1n }),
    END_OF_GENERATION,
  ]
  const { generations, batches, error } = indexOf(bytes)
  t.equal(error, null)
  t.equal(generations[0].number, all)
  t.equal(generations[0].minTime, 2n ** 62n + 1n)
  t.strictSame([...batches.threads], [all, all - 1n, 7n])
  t.strictSame([...batches.times], [2n ** 63n + 1n, 0n, 2n ** 62n + 1n])
})

interface Fault {
  readonly name: string
  readonly versions: readonly V2Version[]
  readonly tail: (version: V2Version) => number[]
  /** Generations of the index, of one whole generation and the tail. */
  readonly generations: number
  readonly message: RegExp | null
  readonly place?: object
}

/** After one whole generation (number 1, open before 26) comes a tail. */
const faults: Fault[] = [
  { name: 'nothing', versions, tail: () => [], generations: 1, message: null },
  { name: 'the experiment missing', versions, tail: () => [49], generations: 1, message: null },
  {
    name: 'no batch',
    versions,
    tail: () => [3],
    generations: 1,
    message: /wanted a batch \(type 1 or 49\) at offset \d+, found type 3/,
    place: { wanted: 'a batch (type 1 or 49)', found: 'type 3' },
  },
  {
    name: 'a cut header',
    versions,
    tail: () => [1, 2, 128],
    generations: 1,
    message: /wanted the thread id of a batch/,
  },
  {
    name: 'a cut payload',
    versions,
    tail: () => batch(events, { gen: 2, size: 9 }),
    generations: 1,
    message: /wanted a batch of 9 bytes at offset \d+, found 4 \(generation 2, thread 7\)/,
    place: { generation: '2', thread: '7', wanted: 'a batch of 9 bytes', found: '4' },
  },
  {
    name: 'a large size',
    versions,
    tail: () => batch(events, { gen: 2, size: 65_537 }),
    generations: 1,
    message: /wanted a batch of at most 65536 bytes at offset \d+, found one of 65537/,
  },
  {
    name: 'generation 0',
    versions: [22, 23, 25],
    tail: () => batch(events, { gen: 0 }),
    generations: 0,
    message: /wanted a generation number from 1 on/,
  },
  {
    name: 'generation 0, from 26',
    versions: [26],
    tail: () => batch(events, { gen: 0 }),
    generations: 1,
    message: /wanted a generation number from 1 on/,
  },
  {
    name: 'generations out of order',
    versions: [22, 23, 25],
    tail: () => batch(events, { gen: 3 }),
    generations: 0,
    message: /wanted a batch of generation 1 or 2 at offset \d+, found one of generation 3/,
  },
  {
    name: 'an end byte before 26',
    versions: [22, 23, 25],
    tail: () => [END_OF_GENERATION],
    generations: 0,
    message: /wanted a generation number from 1 on/,
  },
  {
    name: 'an end batch before 26',
    versions: [22, 23, 25],
    tail: () => batch([52]),
    generations: 0,
    message: /found an end of generation/,
  },
  {
    name: 'an unfinished generation',
    versions: [26],
    tail: () => [...clockBatch(26, { gen: 2 }), ...batch(events, { gen: 2 })],
    generations: 1,
    message: /wanted the end of generation 2 at offset \d+, found the end of the file/,
  },
  {
    name: 'unfinished tables only',
    versions: [26],
    tail: () => batch(strings, { gen: 2 }),
    generations: 1,
    message: null,
  },
  {
    name: 'interleaved generations',
    versions: [26],
    tail: () => [...batch(events, { gen: 2 }), ...batch(events, { gen: 3 })],
    generations: 1,
    message: /wanted a batch of generation 2 or its end at offset \d+, found one of generation 3/,
  },
  {
    name: 'an end byte too many',
    versions: [26],
    tail: () => [END_OF_GENERATION],
    generations: 1,
    message: /wanted a frequency in the first generation|wanted a frequency/,
  },
  {
    name: 'no frequency',
    versions: [22, 23, 25],
    tail: () => batch(events, { gen: 2 }),
    generations: 1,
    message: /wanted a frequency in generation 2 at offset \d+, found none/,
  },
  {
    name: 'no snapshot',
    versions: [25],
    tail: () => batch([50, 8, 1], { gen: 2 }),
    generations: 1,
    message: /wanted a clock snapshot in generation 2/,
  },
  {
    name: 'two frequencies',
    versions,
    tail: version => [...clockBatch(version, { gen: 2 }), ...batch(version < 25 ? [8, 1] : [50, 8, 1], { gen: 2 })],
    generations: 1,
    message: /wanted one frequency at offset \d+, found a second one/,
  },
  {
    name: 'two snapshots',
    versions: [25, 26],
    tail: () => batch([50, 51, 1, 1, 1, 1, 51, 1, 1, 1, 1], { gen: 2 }),
    generations: 1,
    message: /wanted one clock snapshot at offset \d+, found a second one/,
  },
  {
    name: 'another event in a sync batch',
    versions: [25, 26],
    tail: () => batch([50, 9], { gen: 2 }),
    generations: 1,
    message: /wanted a frequency or clock snapshot \(type 8 or 51\) at offset \d+, found type 9/,
  },
  {
    name: 'a sync batch that ends between two fields ends the trace without an error',
    versions: [25, 26],
    tail: () => batch([50, 51, 1], { gen: 2 }),
    generations: 1,
    message: null,
  },
  {
    name: 'a sync batch that ends inside a field',
    versions: [25, 26],
    tail: () => batch([50, 51, 1, 128], { gen: 2 }),
    generations: 1,
    message: /wanted the clock snapshot's monotonic time at offset \d+, found the end of its batch/,
  },
]

for (const fault of faults) {
  t.test(`framing: ${fault.name}`, async t => {
    for (const version of fault.versions) {
      const tail = fault.tail(version)
      const start = [...header(version), ...generation(version, 1)]
      const { generations, batches, error } = indexOf([...start, ...tail])
      t.equal(generations.length, fault.generations, `generations, ${version}`)
      t.equal(batches.length, fault.generations * 3, 'no batch of a dropped generation remains')
      if (generations.length > 0) t.equal(generations[0].bytes, start.length - 16)
      if (fault.message === null) {
        t.equal(error, null)
        continue
      }
      t.match(error?.message, fault.message)
      t.match(error?.place, fault.place ?? {})
      const offset = error?.place.offset ?? -1
      t.ok(offset >= 16 && offset <= start.length + tail.length, 'the offset is in the file')
    }
  })
}

t.test('a header alone', async t => {
  t.match(indexOf(header(26)), { generations: [], error: null })
  for (const version of [22, 23, 25] as const) {
    t.match(indexOf(header(version)), { generations: [], error: { code: 'TABLES', place: { offset: 16 } } })
  }
})

t.test('a frequency of 64 bits', async t => {
  const bytes = [...header(22), ...batch([8, ...varint(2n ** 64n - 1n)])]
  t.equal(indexOf(bytes).generations[0].frequency, 2n ** 64n - 1n)
})

t.test('large batches are jumped over, small ones read through', async t => {
  const small = Array.from({ length: 20_000 }, () => batch(events)).flat()
  const smallSource = new MemorySource([...header(22), ...clockBatch(22), ...small])
  t.equal(buildIndex(smallSource, 22).batches.length, 20_001)
  t.ok(smallSource.reads < 20, `${smallSource.reads} reads of ${smallSource.sizeBytes} bytes`)

  const largeBatch = Uint8Array.from(batch(new Array(60_000).fill(1)))
  const largeBytes = Buffer.concat([
    Uint8Array.from([...header(22), ...clockBatch(22)]),
    ...new Array(200).fill(largeBatch),
  ])
  const largeSource = new MemorySource(largeBytes)
  t.equal(buildIndex(largeSource, 22).batches.length, 201)
  t.ok(largeSource.bytesRead < 500_000, `${largeSource.bytesRead} bytes read of ${largeSource.sizeBytes}`)
})

/** The slow twin of the index pass: all batches of a file, by walking over it byte by byte. */
function slowBatches(bytes: Buffer): { gen: bigint; thread: bigint; time: bigint; size: number; offset: number }[] {
  const rows = []
  let at = 16
  const read = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const type = bytes[at++]
    if (type === 52) continue
    if (type === 49) at++
    const [gen, thread, time, size] = [read(), read(), read(), Number(read())]
    rows.push({ gen, thread, time, size, offset: at })
    at += size
  }
  return rows
}

t.test('real traces', async t => {
  for (const { name, path, format, broken } of [...listFixtures(), ...extraTraces()]) {
    if (format !== 'v2' || broken) continue
    const source = openSource(path)
    const { generations, batches, error } = buildIndex(source, readHeader(source) as V2Version)
    source.close()
    const rows = slowBatches(readFileSync(path))
    const differs = rows.findIndex(
      (row, i) =>
        batches.offsets[i] !== row.offset ||
        batches.sizes[i] !== row.size ||
        batches.threads[i] !== row.thread ||
        batches.times[i] !== row.time,
    )
    t.equal(error, null, name)
    t.strictSame({ length: batches.length, differs }, { length: rows.length, differs: -1 }, name)
    t.strictSame(
      generations.map(entry => entry.number),
      [...new Set(rows.map(row => row.gen))],
      name,
    )
    const last = generations[generations.length - 1]
    t.equal(last.offset + last.bytes, source.sizeBytes, `${name}: the generations fill the file`)
  }
})

t.test('broken traces', async t => {
  const cases: [string, number, RegExp | null][] = [
    ['broken/long-go1.23.cutbetween', 6, null],
    ['broken/long-go1.23.cutlastgen', 7, /wanted a batch of 1428 bytes at offset 129609, found 141/],
    [
      'broken/long-go1.26.cutlastgen',
      6,
      /wanted a batch of 1480 bytes at offset 134302, found 177 \(generation 7, thread -1\)/,
    ],
    [
      'broken/tasks-go1.22.cut50',
      1,
      /wanted a batch of 9746 bytes at offset 26899, found 5219 \(generation 2, thread 1918\)/,
    ],
    ['broken/tail-garbage', 1, /wanted a batch \(type 1 or 49\) at offset 181387, found type 255/],
    ['broken/header-only-go1.26', 0, null],
  ]
  for (const [name, count, message] of cases) {
    const source = openSource(fixture(name).path)
    const { generations, error } = buildIndex(source, readHeader(source) as V2Version)
    source.close()
    t.equal(generations.length, count, name)
    if (message === null) t.equal(error, null, name)
    else t.match(error?.message, message, name)
  }
})

t.test('as many generations as Go reads', { skip: noGo, timeout: 300_000 }, async t => {
  for (const { name, path, format, broken, bytes } of listFixtures()) {
    if (format !== 'v2' || broken || bytes > 60_000) continue
    const source = openSource(path)
    const { generations } = buildIndex(source, readHeader(source) as V2Version)
    source.close()
    const text = runTool('trace', ['-d=parsed', path]).stdout.toString('latin1')
    const syncs = text.match(/^M=-?\d+ P=-?\d+ G=-?\d+ Sync /gm)?.length
    t.equal(generations.length + 1, syncs, name)
  }
})

/**
 * Traces of Go 1.11 to 1.21. The hashes of test/golden/v1-parsed.json are those of `go tool trace -d=parsed`, built
 * with the patches of test/oracle/patches.ts that make it walk procs and goroutines in ascending order.
 *
 * Over 500 lines: each rule of the format has its few hand-made bytes here, one after the other.
 */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { printParsed } from '../../server/commands/parsed.js'
import { BLOCK_EVENTS } from '../../server/core/event-block.js'
import { EventKind } from '../../server/core/event-table.js'
import { CodedError } from '../../server/errors.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { V1Kind as K, V1_LIMIT, v1Specs } from '../../server/trace/v1/event-table.js'
import { sortMoved } from '../../server/trace/v1/merge.js'
import { openV1Reader, type V1Version } from '../../server/trace/v1/reader.js'
import { brokenFixtures, projectFolder, v1Fixtures } from '../helpers/fixtures.js'
import { goRoot, noGo } from '../helpers/go.js'
import { MemorySource } from '../helpers/memory-source.js'
import { varint } from '../helpers/trace-bytes.js'
import { frequency, log, longRecord, record, stackRecord, text, v1Batch, v1Trace } from '../helpers/v1-bytes.js'

// All real traces are printed, which takes long on a busy machine.
t.setTimeout(600_000)

interface Golden {
  readonly fixtures: Record<string, { sha256: string; error: string }>
  readonly go: Record<string, { file: string; sha256: string; error: string }>
}
const golden: Golden = JSON.parse(readFileSync(join(projectFolder, 'test', 'golden', 'v1-parsed.json'), 'utf8'))

const ALL_ONES = (1n << 64n) - 1n

/** Text form and error of a trace; a version that is left out is that of the header. */
function parsed(source: Source): { text: string; error: string } {
  const version = Number(/^go 1\.(\d+)/.exec(Buffer.from(source.read(0, 16)).toString('latin1'))![1]) as V1Version
  try {
    const reader = openV1Reader(source, version, true)
    const text = [...printParsed(reader)].join('')
    return { text, error: reader.error?.message ?? '' }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { text: '', error: error.message }
  }
}

function sha256(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('hex')
}

/** The lines of a hand-made trace, without those of stacks. */
function lines(bytes: Uint8Array): string[] {
  const { text, error } = parsed(new MemorySource(bytes))
  const found = text.split('\n').filter(line => line.startsWith('M='))
  return error === '' ? found : [...found, error]
}

/** Lines between the opening and the closing Sync. */
function inner(bytes: Uint8Array): string[] {
  const all = lines(bytes)
  return all.slice(1, -1)
}

function errorOf(bytes: Uint8Array): CodedError {
  const source = new MemorySource(bytes)
  const version = Number(/^go 1\.(\d+)/.exec(Buffer.from(bytes.subarray(0, 16)).toString('latin1'))![1]) as V1Version
  try {
    openV1Reader(source, version, true)
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
  throw new Error('the trace was accepted')
}

t.test('real traces print as the original prints them', t => {
  for (const fixture of [...v1Fixtures(), ...brokenFixtures().filter(({ format }) => format === 'v1')]) {
    const wanted = golden.fixtures[fixture.name]
    const source = openSource(fixture.path)
    const { text, error } = parsed(source)
    source.close()
    t.same({ sha256: sha256(text), error }, wanted, fixture.name)
  }
  t.end()
})

t.test("Go's own v1 samples", t => {
  const folder = goTestdata()
  if (folder === null) return t.end()
  for (const [name, wanted] of Object.entries(golden.go)) {
    const bytes = readFileSync(join(folder, name))
    if (createHash('sha256').update(bytes).digest('hex') !== wanted.file) {
      t.comment(`${name} is not the file that was recorded`)
      continue
    }
    const { text, error } = parsed(new MemorySource(bytes))
    t.same({ sha256: sha256(text), error }, { sha256: wanted.sha256, error: wanted.error }, name)
  }
  t.end()

  function goTestdata(): string | null {
    const path = join(goRoot ?? '', 'src', 'internal', 'trace', 'internal', 'tracev1', 'testdata')
    if (goRoot !== null && existsSync(path)) return path
    t.comment(`skipped: ${noGo}`)
    return null
  }
})

t.test('the event table', t => {
  for (let kind = 1; kind < V1_LIMIT; kind++) t.equal(v1Specs[kind]?.kind, kind)
  t.equal(v1Specs[0], undefined)
  t.equal(v1Specs[K.GoCreate]!.argCount, 4)
  t.equal(v1Specs[K.GoSysExit]!.argCount, 4)
  t.equal(v1Specs[K.Frequency]!.argCount, 1)
  t.equal(v1Specs[K.UserLog]!.slots, 4)
  t.equal(v1Specs[K.GCSweepDone]!.slots, 4)
  t.equal(v1Specs[K.GoBlockGC]!.name, 'GoBlockGC')
  t.end()
})

/** Lists goroutines 1, 2, 3 (1 runs), ends initialisation at tick 4, on proc 0 and thread 7. */
const opening = [
  record(K.ProcStart, 0, 7),
  longRecord(K.GoCreate, 0, 1, 0, 0),
  longRecord(K.GoCreate, 0, 3, 0, 0),
  longRecord(K.GoCreate, 0, 2, 0, 0),
  record(K.GoStart, 1, 1, 1),
  record(K.Gomaxprocs, 3, 2, 0),
]
const openingLines = [
  'M=7 P=0 G=-1 StateTransition Time=0 ProcID=0 Undetermined->Running Reason=""',
  'M=7 P=0 G=1 StateTransition Time=1 GoID=1 Undetermined->Running Reason=""',
  'M=-1 P=-1 G=-1 StateTransition Time=4 GoID=2 Undetermined->Runnable Reason=""',
  'M=-1 P=-1 G=-1 StateTransition Time=5 GoID=3 Undetermined->Runnable Reason=""',
]

/** A trace of one proc that goes on after the opening, with a nanosecond a tick. */
function afterOpening(version: number, ...records: number[][]): string[] {
  const found = inner(v1Trace(version, v1Batch(0, 1000, ...opening, ...records, frequency(1e9))))
  t.same(found.slice(0, openingLines.length), openingLines)
  return found.slice(openingLines.length)
}

t.test('without events there is one Sync', t => {
  t.same(lines(v1Trace(21, v1Batch(0, 5, frequency(1e9)))), ['M=-1 P=-1 G=-1 Sync Time=0 N=1'])
  t.end()
})

t.test('initialisation: statuses until the first Gomaxprocs, then events', t => {
  const bytes = v1Trace(
    11,
    v1Batch(
      0,
      1000,
      record(K.ProcStart, 0, 7),
      ...[1, 2, 3, 12, 9].map(id => longRecord(K.GoCreate, 0, id, 0, 0)),
      record(K.GoWaiting, 1, 2),
      record(K.GoInSyscall, 1, 3),
      record(K.GoStart, 1, 1, 1),
      record(K.Gomaxprocs, 1, 2, 0),
      record(K.Gomaxprocs, 1, 4, 0),
      record(K.GoEnd, 1),
      record(K.ProcStop, 1),
      record(K.ProcStart, 1, 8),
      record(K.GoStart, 1, 12, 1),
      frequency(1e9),
    ),
  )
  t.same(lines(bytes), [
    'M=-1 P=-1 G=-1 Sync Time=-1 N=1',
    'M=7 P=0 G=-1 StateTransition Time=0 ProcID=0 Undetermined->Running Reason=""',
    'M=7 P=0 G=2 StateTransition Time=1 GoID=2 Undetermined->Waiting Reason=""',
    'M=7 P=0 G=3 StateTransition Time=2 GoID=3 Undetermined->Syscall Reason=""',
    'M=7 P=0 G=1 StateTransition Time=3 GoID=1 Undetermined->Running Reason=""',
    'M=-1 P=-1 G=-1 StateTransition Time=4 GoID=9 Undetermined->Runnable Reason=""',
    'M=-1 P=-1 G=-1 StateTransition Time=5 GoID=12 Undetermined->Runnable Reason=""',
    'M=7 P=0 G=1 Metric Time=6 Name="/sched/gomaxprocs:threads" Value=Value{Uint64(4)}',
    'M=7 P=0 G=1 StateTransition Time=7 GoID=1 Running->NotExist Reason=""',
    'M=7 P=0 G=-1 StateTransition Time=8 ProcID=0 Running->Idle Reason=""',
    'M=8 P=0 G=-1 StateTransition Time=9 ProcID=0 Idle->Running Reason=""',
    'M=8 P=0 G=12 StateTransition Time=10 GoID=12 Runnable->Running Reason=""',
    'M=-1 P=-1 G=-1 Sync Time=11 N=2',
  ])
  t.end()
})

t.test('reasons of blocks and stops', t => {
  const reasons: [number, string, string][] = [
    [K.GoSched, 'Runnable', 'runtime.Gosched'],
    [K.GoPreempt, 'Runnable', 'preempted'],
    [K.GoStop, 'Waiting', 'forever'],
    [K.GoSleep, 'Waiting', 'sleep'],
    [K.GoBlock, 'Waiting', ''],
    [K.GoBlockSend, 'Waiting', 'chan send'],
    [K.GoBlockRecv, 'Waiting', 'chan receive'],
    [K.GoBlockSelect, 'Waiting', 'select'],
    [K.GoBlockSync, 'Waiting', 'sync'],
    [K.GoBlockCond, 'Waiting', 'sync.(*Cond).Wait'],
    [K.GoBlockNet, 'Waiting', 'network'],
    [K.GoBlockGC, 'Waiting', 'GC mark assist wait for work'],
  ]
  for (const [kind, to, reason] of reasons) {
    t.same(afterOpening(11, record(kind, 6, 0)), [
      `M=7 P=0 G=1 StateTransition Time=10 GoID=1 Running->${to} Reason="${reason}"`,
    ])
  }
  t.end()
})

t.test('ranges, metrics, labels and samples', t => {
  const found = afterOpening(
    19,
    record(K.GCSTWStart, 6, 1),
    record(K.GCStart, 10, 0, 0),
    record(K.GCSTWDone, 10),
    record(K.GCDone, 10),
    record(K.GCSweepStart, 10, 0),
    record(K.GCSweepDone, 10, 1n << 40n, ALL_ONES),
    record(K.GCMarkAssistDone, 10),
    record(K.GCMarkAssistStart, 10, 0),
    record(K.HeapAlloc, 10, 1n << 63n),
    record(K.HeapGoal, 10, 5),
    record(K.GoEnd, 10),
    longRecord(K.GoStartLabel, 10, 2, 1, 33),
    text(33, 'GC (idle)'),
    longRecord(K.CPUSample, 5, 1035, ALL_ONES, 0, 0),
  )
  t.same(found, [
    'M=7 P=0 G=1 RangeBegin Time=10 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(1)',
    'M=-1 P=1000004 G=1 RangeBegin Time=20 Name="GC concurrent mark phase" Scope=None',
    'M=7 P=0 G=1 RangeEnd Time=30 Name="stop-the-world (GC sweep termination)" Scope=Goroutine(1) Attributes=[]',
    'M=-1 P=-1 G=-1 StackSample Time=35',
    'M=7 P=0 G=1 RangeEnd Time=40 Name="GC concurrent mark phase" Scope=None Attributes=[]',
    'M=7 P=0 G=1 RangeBegin Time=50 Name="GC incremental sweep" Scope=Proc(0)',
    'M=7 P=0 G=1 RangeEnd Time=60 Name="GC incremental sweep" Scope=Proc(0) Attributes=["bytes swept"=Value{Uint64(1099511627776)} "bytes reclaimed"=Value{Uint64(18446744073709551615)}]',
    'M=7 P=0 G=1 RangeEnd Time=70 Name="GC mark assist" Scope=Goroutine(1) Attributes=[]',
    'M=7 P=0 G=1 RangeBegin Time=80 Name="GC mark assist" Scope=Goroutine(1)',
    'M=7 P=0 G=1 Metric Time=90 Name="/memory/classes/heap/objects:bytes" Value=Value{Uint64(9223372036854775808)}',
    'M=7 P=0 G=1 Metric Time=100 Name="/gc/heap/goal:bytes" Value=Value{Uint64(5)}',
    'M=7 P=0 G=1 StateTransition Time=110 GoID=1 Running->NotExist Reason=""',
    'M=7 P=0 G=2 StateTransition Time=120 GoID=2 Runnable->Running Reason=""',
    'M=7 P=0 G=2 Label Time=121 Label="GC (idle)" Resource=Goroutine(2)',
  ])
  t.end()
})

t.test('kinds of stop-the-world by version', t => {
  const kindOf = (version: number, kind: number | bigint): string | undefined =>
    /stop-the-world \((.*)\)"/.exec(afterOpening(version, record(K.GCSTWStart, 6, kind))[0])?.[1]
  t.same(
    [0, 1, 2].map(kind => kindOf(19, kind)),
    ['GC mark termination', 'GC sweep termination', ''],
  )
  t.same(
    [0, 1, 6, 16, 17, 1n << 32n].map(kind => kindOf(21, kind)),
    ['', 'GC mark termination', 'all goroutine stack trace', 'ResetDebugLog (test)', '', ''],
  )
  t.end()
})

t.test('tasks, regions and logs', t => {
  const found = afterOpening(
    11,
    text(1, 'outer'),
    text(2, 'inner'),
    longRecord(K.UserTaskCreate, 6, 5, 0, 1, 0),
    longRecord(K.UserTaskCreate, 10, ALL_ONES - 1n, 5, 2, 0),
    longRecord(K.UserRegion, 10, 5, 0, 2, 0),
    log(10, 5, 1, 0, 'hello'),
    log(10, 5, 0, 0, ''),
    longRecord(K.UserRegion, 10, 5, 1, 2, 0),
    record(K.UserTaskEnd, 10, ALL_ONES - 1n, 0),
    record(K.UserTaskEnd, 10, 5, 0),
    record(K.UserTaskEnd, 10, 6, 0),
    longRecord(K.UserRegion, 10, 0, 1, 77, 0),
  )
  const none = ALL_ONES
  t.same(found, [
    `M=7 P=0 G=1 TaskBegin Time=10 ID=5 Parent=${none} Type="outer"`,
    `M=7 P=0 G=1 TaskBegin Time=20 ID=${none - 1n} Parent=5 Type="inner"`,
    'M=7 P=0 G=1 RegionBegin Time=30 Task=5 Type="inner"',
    'M=7 P=0 G=1 Log Time=40 Task=5 Category="outer" Message="hello"',
    'M=7 P=0 G=1 Log Time=50 Task=5 Category="" Message=""',
    'M=7 P=0 G=1 RegionEnd Time=60 Task=5 Type="inner"',
    `M=7 P=0 G=1 TaskEnd Time=70 ID=${none - 1n} Parent=5 Type="inner"`,
    'M=7 P=0 G=1 TaskEnd Time=80 ID=5 Parent=0 Type="outer"',
    `M=7 P=0 G=1 TaskEnd Time=90 ID=6 Parent=${none} Type=""`,
    'M=7 P=0 G=1 RegionEnd Time=100 Task=0 Type=""',
  ])
  t.end()
})

t.test('syscalls: short ones, blocking ones, real exit ticks', t => {
  const found = afterOpening(
    11,
    record(K.GoSysCall, 6, 0),
    record(K.GoSysCall, 10, 0),
    record(K.GoSysBlock, 10),
    record(K.ProcStop, 10),
    record(K.ProcStart, 10, 9),
    record(K.HeapAlloc, 10, 1),
    longRecord(K.GoSysExit, 10, 1, 2, 1045),
    record(K.GoStart, 0, 1, 3),
  )
  t.same(found, [
    'M=7 P=0 G=1 StateTransition Time=10 GoID=1 Running->Syscall Reason=""',
    'M=7 P=0 G=1 StateTransition Time=11 GoID=1 Syscall->Running Reason=""',
    'M=7 P=0 G=1 StateTransition Time=20 GoID=1 Running->Syscall Reason=""',
    'M=7 P=0 G=-1 StateTransition Time=40 ProcID=0 Running->Idle Reason=""',
    'M=-1 P=1000003 G=1 StateTransition Time=45 GoID=1 Syscall->Runnable Reason=""',
    'M=9 P=0 G=-1 StateTransition Time=50 ProcID=0 Idle->Running Reason=""',
    'M=9 P=0 G=-1 Metric Time=60 Name="/memory/classes/heap/objects:bytes" Value=Value{Uint64(1)}',
    'M=9 P=0 G=1 StateTransition Time=70 GoID=1 Runnable->Running Reason=""',
  ])
  const exit = (ticks: number) =>
    errorOf(
      v1Trace(
        11,
        v1Batch(
          0,
          1000,
          ...opening,
          record(K.GoSysCall, 6, 0),
          record(K.GoSysBlock, 10),
          longRecord(K.GoSysExit, 10, 1, 2, ticks),
        ),
      ),
    ).message
  t.equal(exit(1015), 'time stamps out of order', 'an exit before its block')
  t.equal(exit(1025), 'no EvFrequency event', 'an exit after it')
  t.equal(exit(0), 'no EvFrequency event', 'an exit without real ticks')
  const stray = v1Batch(0, 1000, ...opening, record(K.GoBlock, 6, 0), longRecord(K.GoSysExit, 10, 1, 2, 1015))
  t.equal(errorOf(v1Trace(11, stray)).message, 'stray syscall exit')
  // Where no thread is known a short syscall gets thread 0, other events none.
  const bare = inner(
    v1Trace(
      11,
      v1Batch(
        0,
        1000,
        longRecord(K.GoCreate, 0, 1, 0, 0),
        record(K.GoStart, 0, 1, 1),
        record(K.GoSysCall, 5, 0),
        frequency(1e9),
      ),
    ),
  )
  t.same(bare, [
    'M=-1 P=0 G=1 StateTransition Time=0 GoID=1 Undetermined->Running Reason=""',
    'M=0 P=0 G=1 StateTransition Time=5 GoID=1 Running->Syscall Reason=""',
    'M=0 P=0 G=1 StateTransition Time=6 GoID=1 Syscall->Running Reason=""',
  ])
  t.end()
})

t.test('merging: sequence numbers before ticks, then ticks, then the heap', t => {
  const other = (ticks: number, ...records: number[][]) => v1Batch(1, ticks, ...records)
  // Proc 1 starts goroutine 2 at a tick at which proc 0 has not unblocked it yet: it waits, and ticks then decrease.
  const early = v1Trace(
    11,
    v1Batch(0, 1000, ...opening, longRecord(K.GoCreate, 6, 4, 0, 0), record(K.HeapAlloc, 10, 1), frequency(1e9)),
    other(1005, record(K.ProcStart, 0, 8), record(K.GoStart, 0, 4, 1)),
  )
  t.equal(errorOf(early).message, 'time stamps out of order')
  const late = v1Trace(
    11,
    v1Batch(0, 1000, ...opening, longRecord(K.GoCreate, 6, 4, 0, 0), record(K.HeapAlloc, 10, 1), frequency(1e9)),
    other(1011, record(K.ProcStart, 0, 8), record(K.GoStart, 0, 4, 1)),
  )
  t.same(inner(late).slice(openingLines.length), [
    'M=7 P=0 G=1 StateTransition Time=10 GoID=4 NotExist->Runnable Reason=""',
    'M=8 P=1 G=-1 StateTransition Time=11 ProcID=1 Undetermined->Running Reason=""',
    'M=8 P=1 G=4 StateTransition Time=12 GoID=4 Runnable->Running Reason=""',
    'M=7 P=0 G=1 Metric Time=20 Name="/memory/classes/heap/objects:bytes" Value=Value{Uint64(1)}',
  ])
  // Equal ticks go as the heap gives them out; it takes procs ascending, whatever their order in the file, and samples
  // last.
  const ties = v1Trace(
    19,
    v1Batch(5, 1000, record(K.HeapAlloc, 0, 5)),
    v1Batch(ALL_ONES, 1000, record(K.HeapAlloc, 0, 9), longRecord(K.CPUSample, 0, 1000, 1, 0, 0)),
    v1Batch(0, 1000, record(K.HeapAlloc, 0, 0), frequency(1e9)),
  )
  t.same(
    inner(ties).map(line => / P=(-?\d+) .*?(Metric|StackSample)/.exec(line)!.slice(1, 3)),
    [
      ['-1', 'Metric'],
      ['0', 'Metric'],
      ['5', 'Metric'],
      ['1', 'StackSample'],
    ],
  )
  t.end()
})

t.test('Local kinds follow their proc without a sequence number', t => {
  const found = afterOpening(
    11,
    longRecord(K.GoCreate, 6, 4, 0, 0),
    record(K.GoBlock, 10, 0),
    record(K.GoStartLocal, 10, 4),
    record(K.GoUnblockLocal, 10, 1, 0),
    record(K.GoEnd, 10),
    record(K.GoStartLocal, 10, 1),
  )
  t.same(
    found.slice(2).map(line => /GoID.*/.exec(line)![0]),
    [
      'GoID=4 Runnable->Running Reason=""',
      'GoID=1 Waiting->Runnable Reason=""',
      'GoID=4 Running->NotExist Reason=""',
      'GoID=1 Runnable->Running Reason=""',
    ],
  )
  t.end()
})

t.test('unblocks by the network and by a timer goroutine have procs of their own', t => {
  const found = afterOpening(
    11,
    record(K.TimerGoroutine, 3),
    record(K.GoBlockNet, 6, 0),
    record(K.GoStart, 10, 2, 1),
    longRecord(K.GoUnblock, 10, 1, 2, 0),
    record(K.GoBlock, 10, 0),
    record(K.GoStart, 10, 3, 1),
    longRecord(K.GoUnblock, 10, 2, 2, 0),
  )
  t.match(found[2], /^M=-1 P=1000002 G=2 .* GoID=1 Waiting->Runnable/)
  t.match(found[5], /^M=-1 P=1000001 G=3 .* GoID=2 Waiting->Runnable/)
  t.end()
})

t.test('stacks: the first definition of a pc and the last of a stack hold; those without frames are none', t => {
  const bytes = v1Trace(
    11,
    v1Batch(
      0,
      1000,
      text(1, 'main.f'),
      text(2, '/f.go'),
      text(3, 'main.g'),
      stackRecord(0, [1, 1, 2, 3]),
      stackRecord(8),
      stackRecord(9, [0x10, 1, 2, 3]),
      stackRecord(9, [0x20, 3, 2, 30], [0x10, 3, 2, 4]),
      ...opening,
      record(K.GoSched, 1, 9),
      record(K.GoStart, 1, 2, 1),
      record(K.GoSched, 1, 8),
      frequency(1e9),
    ),
  )
  const wanted = '\tmain.g @ 0x20\n\t\t/f.go:30\n\tmain.f @ 0x10\n\t\t/f.go:3\n'
  const { text: found } = parsed(new MemorySource(bytes))
  t.ok(found.includes(`Reason="runtime.Gosched"\nTransitionStack=\n${wanted}\nStack=\n${wanted}\n`))
  t.match(found, /G=2 .*Reason="runtime.Gosched"\nM=/, 'a stack without frames is none')
  // A created goroutine's stack is a handle even where it is none.
  const created = parsed(
    new MemorySource(v1Trace(11, v1Batch(0, 1, ...opening, longRecord(K.GoCreate, 1, 4, 77, 0), frequency(1e9)))),
  )
  t.match(created.text, /NotExist->Runnable Reason=""\nTransitionStack=\n\n/)
  t.end()
})

t.test('ticks of 64 bits and other frequencies', t => {
  const base = (1n << 62n) + 1n
  const bytes = v1Trace(
    21,
    v1Batch(
      0,
      base,
      record(K.ProcStart, 0, 7),
      longRecord(K.GoCreate, 0, 1, 0, 0),
      record(K.GoStart, 1, 1, 1),
      record(K.GoSysCall, 1, 0),
      record(K.GoSysBlock, 1),
      longRecord(K.GoSysExit, 9, 1, 2, base + 10n),
      record(K.ProcStop, 1),
      frequency(3),
    ),
  )
  t.same(
    inner(bytes).map(line => Number(/Time=(\d+)/.exec(line)![1])),
    [0, 333333333, 666666666, 3333333333, 4333333333],
  )
  const long = v1Trace(11, v1Batch(0, 0, record(K.HeapAlloc, 0, 1), record(K.HeapAlloc, 1n << 61n, 1), frequency(1e9)))
  t.equal(errorOf(long).message, 'the trace is longer than 2^53 ns, 104 days')
  const reader = openV1Reader(new MemorySource(long), 11)
  t.equal([...printParsed(reader)].join('').match(/ Metric /g)?.length, 1, 'what comes before is served')
  t.match(reader.error, { message: 'the trace is longer than 2^53 ns, 104 days', place: { found: '26688.0 days' } })
  t.equal(reader.usableGenerations, 1)
  t.end()
})

t.test('a futile wakeup ends the stream where it stands', t => {
  const reader = openV1Reader(
    new MemorySource(
      v1Trace(11, v1Batch(0, 1, ...opening, record(K.FutileWakeup, 1), record(K.GoEnd, 1), frequency(1e9))),
    ),
    11,
  )
  const text = [...printParsed(reader)].join('')
  t.same(text.trim().split('\n').slice(1), openingLines)
  t.equal(reader.error?.message, 'unexpected event type 36')
  t.equal(reader.error?.code, 'ORDER')
  t.equal(reader.usableGenerations, 0)
  t.equal(reader.next(), null)
  t.end()
})

t.test('what refuses a file', t => {
  const batch = (...records: number[][]) => v1Batch(0, 1000, ...records)
  const running = (...records: number[][]) => batch(...opening, ...records)
  const cases: [string, number[][], number?][] = [
    ['unknown event type 0', [batch([0])]],
    ['unknown event type 50', [batch([50])]],
    ['unknown event type 49', [batch(longRecord(K.CPUSample, 0, 1, 0, 0, 0))], 11],
    ['read event 15 with current P of 0, but P has no batches yet', [record(K.GoEnd, 0), batch()]],
    ['EvBatch has wrong number of arguments: got 1, want 2', [record(K.Batch, 0)]],
    ['processor ID 2147483648 is larger than maximum of 18446744073709551615', [v1Batch(0x80000000, 1)]],
    ['failed to read event 15 argument: malformatted base-128 varint', [batch([K.GoEnd, 0x80])]],
    [
      'failed to read event 15 argument: malformatted base-128 varint',
      [batch([K.GoEnd, ...new Array(9).fill(0x80), 2])],
    ],
    ['malformatted base-128 varint', [batch([K.GoEnd | 0xc0, 1, 0x80])]],
    ['malformatted base-128 varint', [batch([K.String, 0x80])]],
    [
      'failed to read event 15 argument: length-prefixed argument too big: 2049 bytes, limit is 2048',
      [batch([K.GoEnd | 0xc0, ...varint(2049), ...new Array(2049).fill(0)])],
    ],
    ['failed to read trace: EOF', [batch([K.GoEnd | 0xc0, 2, 0])]],
    ['failed to read trace: EOF', [batch([K.String, 1, 4, 65])]],
    ['failed to read trace: unexpected EOF', [batch([K.CPUSample | 0xc0, 5, 1])]],
    ['failed to read trace: unexpected EOF', [running(log(1, 0, 0, 0, 'long enough').slice(0, -3))]],
    ['string is too large (len=1000001)', [running([...longRecord(K.UserLog, 1, 0, 0, 0), ...varint(1000001)])]],
    ['CPU sample has wrong number of arguments: want 5, got 0', [batch(record(K.CPUSample, 0, 1))]],
    ['CPU sample has wrong number of arguments: want 5, got 4', [batch(longRecord(K.CPUSample, 0, 1, 2, 3))]],
    ['GoEnd has wrong number of arguments: want 1, got 2', [batch(record(K.GoEnd, 0, 1))]],
    ['GoCreate has wrong number of arguments: want 4, got 3', [batch(record(K.GoCreate, 0, 1, 2))]],
    ['string has invalid id 0', [batch([K.String, 0, 1, 65])]],
    ['string has invalid length 0', [batch([K.String, 1, 0])]],
    ['string has too large length 1000001', [batch([K.String, 1, ...varint(1000001), ...new Array(1000001).fill(65)])]],
    ['string has duplicate id 4', [batch(text(4, 'a'), text(4, 'a'))]],
    ['EvStack has wrong number of arguments: want at least 2, got 1', [batch(record(K.Stack, 1))]],
    ['EvStack has wrong number of arguments: want 6, got 5', [batch(longRecord(K.Stack, 1, 1, 2, 3, 4))]],
    ['EvStack has bad number of frames: 1001', [batch(record(K.Stack, 1, 1001))]],
    ['time stamps out of order', [batch(frequency(0))]],
    ['time stamps out of order', [batch(frequency(1n << 63n))]],
    ['time stamps out of order', [running(record(K.HeapAlloc, ALL_ONES, 1))]],
    ['no EvFrequency event', [batch()]],
    ['no EvFrequency event', []],
    ['no consistent ordering of events possible', [running(record(K.GoStart, 0, 2, 5))]],
    ['no consistent ordering of events possible', [running(record(K.GCStart, 0, 1, 0))]],
    ['p 0 is running before start (time 4)', [running(record(K.ProcStart, 0, 1), frequency(1e9))]],
    ['p 3 is not running before stop (time 0)', [v1Batch(3, 1, record(K.ProcStop, 0), frequency(1e9))]],
    ['p 0 is running a goroutine 1 during stop (time 4)', [running(record(K.ProcStop, 0), frequency(1e9))]],
    ['bogus GC end (time 4)', [running(record(K.GCDone, 0), frequency(1e9))]],
    [
      'previous GC is not ended before a new one (time 6)',
      [running(record(K.GCStart, 0, 0, 0), record(K.GCStart, 2, 1, 0), frequency(1e9))],
    ],
    ['bogus STW end (time 4)', [running(record(K.GCSTWDone, 0), frequency(1e9))]],
    [
      'previous STW is not ended before a new one (time 6)',
      [running(record(K.GCSTWStart, 0, 0), record(K.GCSTWStart, 2, 0), frequency(1e9))],
    ],
    ['bogus sweeping end (time 4)', [running(record(K.GCSweepDone, 0, 0, 0), frequency(1e9))]],
    [
      'previous sweeping is not ended before a new one (time 6)',
      [running(record(K.GCSweepStart, 0, 0), record(K.GCSweepStart, 2, 0), frequency(1e9))],
    ],
    [
      'previous mark assist is not ended before a new one (time 6)',
      [running(record(K.GCMarkAssistStart, 0, 0), record(K.GCMarkAssistStart, 2, 0), frequency(1e9))],
    ],
    ['g 0 already exists (time 4)', [running(longRecord(K.GoCreate, 0, 0, 0, 0), frequency(1e9))]],
    [
      'g 0 is not waiting during syscall exit (time 4)',
      [running(record(K.GoSysCall, 0, 0), record(K.GoSysBlock, 0), record(K.GoSysExitLocal, 0, 1, 0), frequency(1e9))],
    ],
    ['g 0 did GoEnd (time 0)', [batch(record(K.GoEnd, 0), frequency(1e9))]],
    ['p 0 is already running g 1 while start g 2 (time 5)', [running(record(K.GoStart, 1, 2, 1), frequency(1e9))]],
    [
      'task id conflicts (id:5), "6 UserTaskCreate p=0 g=1 stk=9 taskid=5 pid=0 typeid=8" vs "5 UserTaskCreate p=0 g=1 stk=0 taskid=5 pid=2 typeid=7"',
      [
        running(
          longRecord(K.UserTaskCreate, 1, 5, 2, 7, 9),
          longRecord(K.UserTaskCreate, 1, 5, 0, 8, 9),
          frequency(1e9),
        ),
      ],
    ],
    [
      'misuse of region in goroutine 1: span end "6 UserRegion p=0 g=1 stk=0 taskid=3 mode=1 typeid=8" when the inner-most active span start event is "5 UserRegion p=0 g=1 stk=0 taskid=3 mode=0 typeid=7"',
      [running(longRecord(K.UserRegion, 1, 3, 0, 7, 0), longRecord(K.UserRegion, 1, 3, 1, 8, 0), frequency(1e9))],
    ],
    [
      'invalid user region mode: "5 UserRegion p=0 g=1 stk=0 taskid=3 mode=2 typeid=7"',
      [running(longRecord(K.UserRegion, 1, 3, 2, 7, 0), frequency(1e9))],
    ],
  ]
  for (const [message, parts, version = 19] of cases) t.equal(errorOf(v1Trace(version, ...parts)).message, message)
  const misplaced = errorOf(v1Trace(19, batch(record(K.GoEnd, 0), [50]))).toJSON()
  t.same(misplaced, {
    code: 'FRAMING',
    message: 'unknown event type 50',
    fault: null,
    place: { offset: 16 + 4 + 2, wanted: 'an event of version 1.19', found: '50' },
  })
  const stuck = errorOf(v1Trace(19, running(record(K.GoStart, 0, 2, 5))))
  t.equal(stuck.place.found, 'P 0: GoStart wants Runnable at sequence 5, goroutine 2 has Runnable at 1')
  t.end()
})

t.test('blocks: more statuses than a block holds', t => {
  const goroutines = BLOCK_EVENTS + 1000
  const created = Array.from({ length: goroutines }, (_, i) => longRecord(K.GoCreate, 0, i + 1, 0, 0))
  const bytes = v1Trace(11, v1Batch(0, 1, ...created, record(K.Gomaxprocs, 5, 1, 0), frequency(1e9)))
  const reader = openV1Reader(new MemorySource(bytes), 11)
  t.equal(reader.startTime, -1n)
  t.same(reader.generations, [{ row: 0, number: 1n, offset: 0, bytes: bytes.length, snapshot: null }])
  let events = 0
  let last = -1
  let ordered = true
  const lengths: number[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    lengths.push(block.length)
    for (let i = 0; i < block.length; i++, events++) {
      const sync = events === 0 || events === goroutines + 1
      if (block.times[i] <= last || (block.kinds[i] === EventKind.Sync) !== sync) ordered = false
      last = block.times[i]
    }
    reader.recycle(block)
  }
  t.ok(ordered)
  t.ok(lengths[0] <= BLOCK_EVENTS && lengths.length === 2, lengths.join())
  t.equal(events, goroutines + 2)
  t.equal(reader.usableGenerations, 1)
  t.equal(reader.bytesRead, bytes.length)
  t.equal(reader.dictionary.goroutines.length, goroutines)
  t.end()
})

t.test('sorting what was moved equals a stable sort of everything', t => {
  let state = 1
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % limit
  }
  for (let round = 0; round < 300; round++) {
    const count = random(40)
    const ticks = new Float64Array(count)
    for (let i = 1; i < count; i++) ticks[i] = ticks[i - 1] + random(3)
    const order = Uint32Array.from(ticks.keys())
    const places = order.filter(() => random(4) === 0)
    for (const place of places) ticks[place] = random(60)
    const wanted = [...order].sort((a, b) => ticks[a] - ticks[b])
    sortMoved(order, ticks, places)
    t.same([...order], wanted)
  }
  t.end()
})

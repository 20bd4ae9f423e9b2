/** Runs that were put in order without those before them, joined, equal one sequential pass: every event, fact, error and checkpoint. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { printParsed } from '../../server/commands/parsed.js'
import type { EventBlock } from '../../server/core/event-block.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import type { TraceIndex } from '../../server/trace/index/trace-index.js'
import { openTrace } from '../../server/trace/open.js'
import { type Checkpoint, Checkpoints } from '../../server/trace/order/checkpoints.js'
import type { OrderedReader } from '../../server/trace/order/reader.js'
import { planRuns } from '../../server/trace/order/runs.js'
import type { SeamCounts } from '../../server/trace/order/seams.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { brokenFixtures, extraTraces, v2Fixtures } from '../helpers/fixtures.js'
import { joinedReader } from '../helpers/joined.js'
import { MemorySource } from '../helpers/memory-source.js'
import { mutantOf } from '../helpers/mutate.js'
import { columnsOf } from '../helpers/ordered.js'
import { textFixtures } from '../helpers/text-fixtures.js'

/** Everything that a reader gives: hashes of the columns of each generation, and what it says at the end. */
function readAll(reader: OrderedReader) {
  const columns = new Map<number, string>()
  for (let block = reader.next(); block !== null; block = reader.next()) {
    const sum = createHash('sha256').update(columns.get(block.generation) ?? '')
    for (const column of columnsOf(block, reader.dictionary)) sum.update(column)
    columns.set(block.generation, sum.digest('hex'))
  }
  const { error, usableGenerations, startTime, bytesRead, generations } = reader
  const { goroutines, procs, threads, tasks, strings, stackParents, stackFrames, framePcs } = reader.dictionary
  return {
    columns,
    end: { error: error?.toJSON() ?? null, usableGenerations, startTime, bytesRead, generations: [...generations] },
    rows: {
      ids: [goroutines.ids, procs.ids, threads.ids, tasks.ids],
      stacks: [stackParents, stackFrames, framePcs],
      strings,
    },
  }
}

/** A checkpoint as plain data, whatever its columns' lengths. */
function plainState({ state, ...scalars }: Checkpoint) {
  const known = (column: ArrayLike<number>, none: number) =>
    Array.from(column, (value, row) => [row, value]).filter(([, value]) => value !== none)
  const regions = known(state.goRegion, -1).map(([row, top]) => {
    const open: number[][] = []
    for (let at = top; at >= 0; at = state.regions.below(at))
      open.push([state.regions.task(at), state.regions.name(at)])
    return [row, open]
  })
  return {
    ...scalars,
    goroutines: known(state.goStatus, 0),
    assists: known(state.goAssist, 0),
    regions,
    stw: [...state.goStw].sort(([a], [b]) => a - b),
    procs: [state.procKnown, state.procStatus, state.procSweep].map(column => known(column, 0)),
    threads: [known(state.threadKnown, 0), known(state.threadProc, -1), known(state.threadGoroutine, -1)],
    tasks: known(state.taskOpen, 0).map(([row]) => [row, state.taskName[row], state.taskParent[row]]),
  }
}

/** What is found by joining runs of at least `runBytes` bytes, and by one pass; equal when all is well. */
function bothWays(source: Source, index: TraceIndex, runBytes: number) {
  const [joined, once] = [new Checkpoints(), new Checkpoints()]
  const reader = joinedReader(source, index, runBytes, joined)
  const found = readAll(reader)
  const wanted = readAll(new V2Reader(source, index, undefined, once))
  const borders = Array.from({ length: Math.max(reader.usableGenerations - 1, 0) }, (_, row) => row + 1)
  const [states, wantedStates] = [joined, once].map(checkpoints =>
    borders.map(row => plainState(checkpoints.before(row)!)),
  )
  return { counts: reader.counts, found: { ...found, states }, wanted: { ...wanted, states: wantedStates } }
}

/** The events as text, with names instead of rows, and how they end. */
function printed(reader: OrderedReader): string {
  const text = [...printParsed(reader)].join('')
  return `${text}\n${JSON.stringify(reader.error)} ${reader.usableGenerations} ${reader.bytesRead}`
}

function firstDifference(found: string, wanted: string): string {
  const [ours, theirs] = [found, wanted].map(text => text.split('\n'))
  const line = ours.findIndex((text, i) => text !== theirs[i])
  return `line ${line} is\n${ours[line]}, wanted\n${theirs[line]}`
}

/** The trace when it has generations to join. */
function opened(source: Source): TraceIndex | null {
  try {
    const { index } = openTrace(source)
    return index !== null && index.generations.length > 1 ? index : null
  } catch {
    return null
  }
}

const total: SeamCounts = { taken: 0, refused: 0, laterTimes: 0, steals: 0, newProcs: 0 }
const countsOf = new Map<string, SeamCounts>()

t.test('runs joined equal one pass', async t => {
  const extra = extraTraces().filter(({ name }) => name.startsWith('seams/'))
  for (const fixture of [...v2Fixtures(), ...brokenFixtures(), ...extra].filter(({ format }) => format === 'v2')) {
    const source = openSource(fixture.path)
    const index = opened(source)
    if (index === null) continue
    // One generation a run, and about three.
    for (const runBytes of [0, Math.ceil(index.sizeBytes / index.generations.length) * 3]) {
      const { counts, found, wanted } = bothWays(source, index, runBytes)
      t.same(found, wanted, `${fixture.name}: ${planRuns(index.generations, runBytes).length} runs`)
      if (runBytes > 0) continue
      countsOf.set(fixture.name, counts)
      for (const [name, count] of Object.entries(counts)) total[name as keyof SeamCounts] += count
    }
    source.close()
  }
})

t.test('hand-made traces', async t => {
  for (const { name, bytes } of textFixtures()) {
    const source = new MemorySource(bytes)
    const index = opened(source)
    if (index === null) continue
    const { found, wanted } = bothWays(source, index, 0)
    t.same(found, wanted, name)
  }
})

t.test('mutants of traces with seams', async t => {
  const seedlings = [...v2Fixtures(), ...brokenFixtures()]
    .filter(({ name, bytes }) => bytes < 150_000 && /seams|long|flight/.test(name))
    .map(({ name, format, path }) => ({ name, format, bytes: readFileSync(path) }))
  let refused = 0
  let joined = 0
  const [first, end] = (process.env.SEAM_SEEDS ?? '0:300').split(':').map(Number)
  for (let seed = first; seed < end; seed++) {
    const { name, bytes } = mutantOf(seedlings, seed)
    const source = new MemorySource(bytes)
    const index = opened(source)
    if (index === null) continue
    // A generation that was refused leaves rows behind, so that what they stand for is compared.
    const reader = joinedReader(source, index, 0)
    const { counts } = reader
    const found = printed(reader)
    const wanted = printed(new V2Reader(source, index))
    if (found !== wanted) t.fail(`seed ${seed}, a mutant of ${name}: ${firstDifference(found, wanted)}`)
    joined += counts.taken
    refused += counts.refused
  }
  t.ok(joined > 300 && refused > 5, `${joined} generations joined, ${refused} refused`)
})

t.test('everything that can happen at a seam happens in the fixtures', async t => {
  const { taken, refused, laterTimes } = total
  t.ok(taken > 500, `${taken} generations were taken over`)
  t.ok(refused * 100 < taken, `${refused} were refused`)
  t.equal(countsOf.get('seams/cgocall-go1.22')?.refused, 1, 'a thread left a syscall whose proc was stolen later')
  t.ok(countsOf.get('seams/syscalls-go1.26')!.steals > 0, 'procs stolen in a syscall that began before the seam')
  t.ok(countsOf.get('seams/procs-go1.26')!.newProcs > 0, 'procs that are new')
  t.ok(laterTimes > 500, 'events shown later, because those before the seam were')
})

t.test('blocks go back to those who wrote them', async t => {
  const trace = [...v2Fixtures(), ...extraTraces()].find(({ name }) => name === 'seams/procs-go1.26')!
  const source = openSource(trace.path)
  t.teardown(() => source.close())
  const back: EventBlock[] = []
  const reader = joinedReader(source, opened(source)!, 0, undefined, block => back.push(block))
  const first: EventBlock[] = []
  const others: EventBlock[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    const isFirst = block.generation === 0
    ;(isFirst ? first : others).push(block)
    // The first is put in order by the reader itself.
    if (!isFirst || first.length > 1) reader.recycle(block)
  }
  t.equal(reader.counts.refused, 0)
  t.ok(others.length > 2)
  // One takes the place of that which the reader lent and nobody gave back; the reader itself writes the end of the trace.
  const supplied = others.slice(1, -1)
  t.equal(back.length, supplied.length)
  t.ok(back.every((block, i) => block === supplied[i]))
})

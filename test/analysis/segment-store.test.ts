/**
 * Tables whose segments are put away: the same answers as with all in memory, whatever is asked for in whatever order,
 * and on a full disk.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Records } from '../../server/analysis/facts/records.js'
import { SEGMENT_BYTES, type SegmentFile, SegmentStore } from '../../server/analysis/facts/segment-store.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { openSource } from '../../server/source/file.js'
import { TemporaryFile } from '../../server/source/temporary-file.js'
import { openTrace } from '../../server/trace/open.js'
import { appOf } from '../helpers/app.js'
import { Story } from '../helpers/blocks.js'
import { fixture } from '../helpers/fixtures.js'
import { analyseSource, localClient } from '../helpers/local-trace.js'

const urls = [
  ...[
    '/',
    '/goroutines',
    '/goroutines?sortby=Total time&order=asc',
    '/open',
    '/usertasks',
    '/usertask',
    '/userregions',
  ],
  ...['/userregion', '/userregion?sortby=Goroutine', '/mmu', '/io', '/block', '/syscall', '/sched', '/regionio'],
  ...['/regionblock', '/regionsyscall', '/regionsched', '/block?from=1000&to=50000000', '/goroutine?goid=1'],
]

/** Counts what comes and goes. */
class CountingFile implements SegmentFile {
  reads = 0
  writes = 0
  private readonly file = new TemporaryFile()

  write(bytes: Uint8Array, place: number): void {
    this.writes++
    this.file.write(bytes, place)
  }

  read(target: Uint8Array, place: number): void {
    this.reads++
    this.file.read(target, place)
  }

  close(): void {
    this.file.close()
  }
}

const fullDisk: SegmentFile = {
  write: () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  },
  read: () => {
    throw new Error('nothing was written')
  },
}

async function answersOf(name: string, store: () => SegmentStore): Promise<string[]> {
  const { path } = fixture(name)
  const source = openSource(path)
  const facts = analyseSource(source, openTrace(source), store())
  source.close()
  const app = appOf(
    localClient(() => openSource(path), facts),
    { file: name },
  )
  const answers: string[] = []
  for (const url of urls) {
    const { statusCode, body } = await app.inject({ url, headers: { accept: 'application/json' } })
    answers.push(`${url} ${statusCode} ${body}`)
  }
  await app.close()
  return answers
}

t.test('answers do not tell where the tables are', async t => {
  const names = [
    'sample',
    'tasks-go1.26',
    'boundaries/tasks-go1.26',
    'long-go1.26',
    'procs-50k-go1.26',
    'cgocall-go1.22',
    'web-go1.21',
  ]
  for (const name of names) {
    const plain = await answersOf(name, () => new SegmentStore())
    const file = new CountingFile()
    t.strictSame(await answersOf(name, () => new SegmentStore(file, 0)), plain, name)
    t.ok(file.reads > 10 && file.writes > 10, `${name}: ${file.writes} segments went, ${file.reads} came back`)
    file.close()
    let stores: SegmentStore[] = []
    const onFullDisk = () => {
      stores = [...stores, new SegmentStore(fullDisk, 0)]
      return stores[stores.length - 1]
    }
    t.strictSame(await answersOf(name, onFullDisk), plain, `${name}, on a full disk`)
    t.match(stores[stores.length - 1].failure, { code: 'ENOSPC' })
  }
})

t.test('rows that are added, changed and read in any order', async t => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), rows: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constant('change' as const), at: fc.nat(), value: fc.integer() }),
    fc.record({ do: fc.constant('trim' as const) }),
  )
  const file = new CountingFile()
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 0, max: 200_000 }),
      (steps, budget) => {
        const store = new SegmentStore(file, budget)
        const table = new Records(2, 3, store)
        const wanted: number[] = []
        for (const step of steps) {
          if (step.do === 'trim') table.trim()
          for (let i = 0; step.do === 'add' && i < step.rows; i++) wanted[table.add()] = 0
          if (step.do !== 'change' || wanted.length === 0) continue
          const row = step.at % wanted.length
          wanted[row] = step.value
          table.setTime(row, 1, step.value)
          table.setNumber(row, 2, step.value)
        }
        store.seal()
        const wrong = (row: number) => table.time(row, 1) !== wanted[row] || table.number(row, 2) !== wanted[row]
        const rows = Array.from(wanted.keys())
        return ![...rows, ...rows.filter(row => row % 700 === 0).reverse(), ...rows].some(wrong)
      },
    ),
    { numRuns: 200 },
  )
  t.ok(file.writes > 100 && file.reads > 100, `${file.writes} segments went, ${file.reads} came back`)
  file.close()
})

/** Of a table of one time a row. */
const SEGMENT_ROWS = SEGMENT_BYTES / Float64Array.BYTES_PER_ELEMENT

/** A table of so many segments of one time a row, with room for ten in memory. */
function tableOf(segments: number) {
  const file = new CountingFile()
  t.teardown(() => file.close())
  const store = new SegmentStore(file, 10 * SEGMENT_BYTES)
  const table = new Records(1, 0, store)
  for (let row = 0; row < segments * SEGMENT_ROWS; row++) {
    if (row % SEGMENT_ROWS === 0) table.trim()
    table.setTime(table.add(), 0, row)
  }
  return { file, store, table }
}

t.test('only what has no room goes, once', async t => {
  const { file, store, table } = tableOf(50)
  store.seal()
  t.equal(file.writes, 40)
  t.equal(file.reads, 0)
  for (let row = 0; row < table.length; row++) if (table.time(row, 0) !== row) t.fail(`row ${row}`)
  t.equal(file.writes, 50, 'the rest makes room for what comes back')
  t.equal(file.reads, 50, 'each comes back once, in order')
})

t.test('the budget gives way to work without order', async t => {
  const { file, table } = tableOf(400)
  const roundOver400 = () => {
    for (let segment = 0; segment < 400; segment++) table.addTime(((segment * 163) % 400) * SEGMENT_ROWS, 0, 1)
    table.trim()
  }
  for (let round = 0; round < 10; round++) roundOver400()
  const before = file.reads
  for (let round = 0; round < 10; round++) roundOver400()
  // Without that each round would bring back 390; a megabyte of them, 16, is let be.
  t.ok(file.reads - before <= 170, `${file.reads - before} came back in ten rounds`)
  t.equal(table.time(163 * SEGMENT_ROWS, 0), 163 * SEGMENT_ROWS + 20)
})

t.test('what one table lets go serves the others', async t => {
  const { store } = tableOf(50)
  const memory = new Set<ArrayBufferLike>()
  for (const [times, numbers] of [
    [11, 14],
    [2, 9],
    [0, 1],
    [1, 0],
  ]) {
    const table = new Records(times, numbers, store)
    for (let row = 0; row < 100_000; row++) {
      if (row % 100 === 0) table.trim()
      memory.add(table.numbersOf(table.add()).buffer)
    }
  }
  t.ok(memory.size <= 12, `${memory.size} pieces of memory for ten`)
})

t.test('a question without order gets room until the next', async t => {
  const { file, store, table } = tableOf(200)
  store.seal()
  const readAtRandom = () => {
    for (let i = 0, segment = 1; i < 20_000; i++, segment = (segment * 31 + 7) % 200)
      table.time(segment * SEGMENT_ROWS, 0)
  }
  readAtRandom()
  t.ok(file.reads < 1000, `${file.reads} reads for 20,000 rows`)
  store.trim()
  const before = file.reads
  table.time(0, 0)
  table.time(100 * SEGMENT_ROWS, 0)
  t.ok(file.reads > before, 'the room was only lent')
})

t.test('groups whose goroutines lie among each other are listed in two ways through the table', async t => {
  const file = new CountingFile()
  t.teardown(() => file.close())
  const story = new Story().sync()
  for (let g = 1; g <= 20_000; g++) {
    story.at(g, { m: 1, p: 0, g: 1 }).event('GoCreate', { g, newStack: [`main.worker${g % 10}`] })
  }
  const store = new SegmentStore(file, 10 * SEGMENT_BYTES)
  const facts = story.tell(30_000, store)
  store.trim()
  const before = file.reads
  const list = { limit: 0, offset: 0, filter: '', sortby: '', order: '' } as const
  const { groups } = answerQuery(facts, 'goroutines', list)
  t.strictSame(
    groups.map(group => group.count),
    Array(10).fill(2000),
  )
  const segments = Math.ceil(20_000 / 512)
  t.ok(file.reads - before <= 2 * segments, `${file.reads - before} of ${segments} segments came back`)
})

t.test('a temporary file', async t => {
  const folder = t.testdir({})
  const file = new TemporaryFile(folder)
  file.write(new Uint8Array([1, 2, 3]), 5)
  file.write(new Uint8Array([9]), 6)
  const bytes = new Uint8Array(3)
  file.read(bytes, 5)
  t.strictSame([...bytes], [1, 9, 3])
  if (process.platform !== 'win32') t.strictSame(readdirSync(folder), [], 'it has no name')
  t.throws(() => file.read(bytes, 7), { code: 'NOT_READABLE', message: /temporary file .* ends at 8/ })
  file.close()
  file.close()
  t.throws(() => new TemporaryFile(join(folder, 'none')).write(bytes, 0), { code: 'ENOENT' })
})

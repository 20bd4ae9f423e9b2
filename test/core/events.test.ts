/**
 * Every event of the table is handled or named as ignored by each pass over the ordered events, so that a new row of
 * the table tells what it leaves undecided. What a pass handles is read in its source: cases by name, and kinds that it
 * takes by what the table says of them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EventKind, type EventName, eventSpecs } from '../../server/core/event-table.js'
import { ownStackOf, slot, stackOf, transitionShapes } from '../../server/core/events.js'
import { formats } from '../../server/core/formats.js'
import { projectFolder } from '../helpers/fixtures.js'

type Group = 'goroutine' | 'proc' | 'range' | 'metric'

interface Pass {
  readonly file: string
  readonly takes: readonly Group[]
  /** Names of events, or of groups. */
  readonly ignores: readonly (EventName | Group | 'allocator')[]
}

const passes: readonly Pass[] = [
  { file: 'analysis/analyst.ts', takes: ['goroutine'], ignores: ['ProcStart', 'HeapAlloc', 'HeapGoal', 'allocator'] },
  {
    file: 'analysis/passes/history.ts',
    takes: ['goroutine'],
    ignores: [
      ...['proc', 'range', 'metric', 'allocator'].map(group => group as Group),
      ...(['CpuSample', 'GoLabel', 'UserLog', 'UserTaskBegin', 'UserTaskEnd'] as const),
      ...(['UserRegionBegin', 'UserRegionEnd'] as const),
    ],
  },
  {
    file: 'replay/runtime-walk.ts',
    takes: [],
    ignores: [
      ...(['goroutine', 'proc', 'allocator', 'UserLog', 'UserTaskBegin', 'UserTaskEnd'] as const),
      ...(['UserRegionBegin', 'UserRegionEnd'] as const),
    ],
  },
  {
    file: 'replay/viewer-reading.ts',
    takes: [],
    ignores: [
      ...(['goroutine', 'proc', 'allocator', 'ProcsChange', 'Sync', 'CpuSample', 'UserLog'] as const),
      ...(['UserTaskBegin', 'UserTaskEnd', 'UserRegionBegin', 'UserRegionEnd'] as const),
    ],
  },
  {
    file: 'export/trace-event/slices.ts',
    takes: ['goroutine', 'proc', 'range'],
    ignores: ['ProcsChange', 'allocator', 'UserTaskBegin', 'UserTaskEnd', 'UserRegionBegin', 'UserRegionEnd'],
  },
]

/** Names of the events that occur in ordered columns, in the order of the table. */
const names = (Object.entries(EventKind) as [EventName, number][])
  .filter(([, kind]) => eventSpecs[kind]?.slots !== undefined)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name)

function groupsOf(name: EventName): string[] {
  const { transition, range, metric, kind } = eventSpecs[EventKind[name]]!
  const groups: string[] = transition === undefined ? [] : [transition.resource]
  if (range !== undefined) groups.push('range')
  if (metric !== undefined) groups.push('metric')
  if (kind >= EventKind.Span) groups.push('allocator')
  return groups
}

for (const { file, takes, ignores } of passes) {
  t.test(file, async t => {
    const source = readFileSync(join(projectFolder, 'server', file), 'utf8')
    const cases = new Set([...source.matchAll(/(?:case|===) (?:E|EventKind)\.(\w+)/g)].map(([, name]) => name))
    t.ok(cases.size > 0, 'names events')
    for (const name of names) {
      const kinds = [name, ...groupsOf(name)]
      const isHandled = cases.has(name) || takes.some(group => kinds.includes(group))
      const isIgnored = ignores.some(each => kinds.includes(each))
      t.ok(isHandled || isIgnored, `${name} is handled or ignored`)
      if (ignores.includes(name)) t.notOk(isHandled, `${name} is not ignored, but handled`)
    }
  })
}

t.test('the state pass is given all that those behind it have cases for', async t => {
  const source = readFileSync(join(projectFolder, 'server/replay/walk.ts'), 'utf8')
  const named = new Set([...source.matchAll(/EventKind\.(\w+)/g)].map(([, name]) => name))
  for (const file of ['runtime-walk', 'viewer-reading']) {
    const text = readFileSync(join(projectFolder, `server/replay/${file}.ts`), 'utf8')
    for (const [, name] of text.matchAll(/case E\.(\w+):/g)) {
      const groups = groupsOf(name as EventName)
      t.ok(named.has(name) || groups.includes('range') || groups.includes('metric'), `${file}: ${name}`)
    }
  }
})

t.test('ordering has a handler for every timed event', async t => {
  const source = readFileSync(join(projectFolder, 'server/trace/order/dispatch.ts'), 'utf8')
  for (const spec of eventSpecs) {
    if (!spec?.timed || spec.kind >= EventKind.Span) continue
    t.ok(source.includes(`case ${spec.kind} satisfies typeof E.${spec.name}:`), spec.name)
  }
})

t.test('slots have their names, in every event', async t => {
  for (const name of names) {
    const { slots = [] } = eventSpecs[EventKind[name]]!
    t.strictSame(
      Object.entries(slot[name]),
      slots.map((each, place) => [each, place]),
      name,
    )
  }
  t.equal(slot.ProcSteal.from, 1)
})

t.test("a goroutine's own stack", async t => {
  const slots = Int32Array.of(10, 11, 12, 13)
  const own = names.filter(name => transitionShapes[EventKind[name]] >= 0)
  const told = own.map(name => [name, ownStackOf(transitionShapes[EventKind[name]], slots, 0)])
  t.strictSame(
    told.filter(([, stack]) => stack !== 0 && stack !== -1),
    [
      ['GoCreate', 11],
      ['GoStop', 11],
      ['GoBlock', 11],
      ['GoSyscallBegin', 10],
      ['GoCreateBlocked', 11],
      ['GoStatusStack', 13],
    ],
  )
  t.equal(stackOf(EventKind.GoUnblock, slots, 0), 11, 'that of who unblocks')
  t.equal(stackOf(EventKind.GoCreate, slots, 0), 12, 'that of the creator')
})

t.test('versions of events are those of formats', async t => {
  const versions = formats.map(({ version }) => version)
  for (const spec of eventSpecs) if (spec !== undefined) t.ok(versions.includes(spec.since), spec.name)
})

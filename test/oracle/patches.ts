/**
 * The places in which the reference for answers is not the installed `go tool trace` but the same sources with a few
 * lines changed.
 *
 * Two reasons: the original walks Go maps, so that its answers differ from run to run (sorted: ids and names ascend);
 * and the deliberate differences of README.md, whose exact values need a reference too. `find` must stand in the
 * installed file exactly once (or `times`), so that another Go version is noticed.
 */
export interface Edit {
  readonly find: string
  readonly replace: string
  readonly times?: number
}

export interface Patch {
  /** Below GOROOT/src. */
  readonly file: string
  readonly why: string
  readonly edits: readonly Edit[]
  /** Packages that the replacements need and the file does not import. */
  readonly imports: readonly string[]
}

const finishGoroutines = { find: 'for _, gs := range g.gStates {', replace: sortedLoop('gs', 'g.gStates') }

export const patches: readonly Patch[] = [
  {
    file: 'internal/trace/internal/tracev1/parser.go',
    why: 'sorted: procs are merged in ascending order, CPU samples last',
    edits: [{ find: 'for pid := range p.batchOffsets {', replace: sortedKeys('pid', 'p.batchOffsets') }],
    imports: ['maps', 'slices'],
  },
  {
    file: 'internal/trace/tracev1.go',
    why: 'sorted: goroutines from before the trace get their status in ascending order',
    edits: [{ find: 'for gid := range it.createdPreInit {', replace: sortedKeys('gid', 'it.createdPreInit') }],
    imports: ['maps', 'slices'],
  },
  {
    file: 'internal/trace/gc.go',
    why: 'difference 1: a background mark worker counts once per run',
    edits: [
      {
        find: '// Stopped running while doing GC things.',
        replace: 'delete(bgMark, g)',
      },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/traceviewer/histogram.go',
    why: 'difference 25: the first bucket is shown',
    edits: [
      { find: 'if bucket < h.MinBucket || h.MaxBucket == 0 {', replace: 'if bucket < h.MinBucket || h.Count == 0 {' },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/traceviewer/emitter.go',
    why: 'difference 30: a slice that spans the window is kept',
    edits: [
      {
        find: '!e.tsWithinRange(s.Ts) && !e.tsWithinRange(s.Ts+s.Dur)',
        replace: '!e.overlaps(s.Ts, s.Ts+s.Dur)',
        times: 2,
      },
      {
        find: 'func (e *Emitter) tsWithinRange(ts time.Duration) bool {',
        replace: [
          'func (e *Emitter) overlaps(from, to time.Duration) bool {',
          'return e.tsWithinRange(from) || e.tsWithinRange(to) || from < e.rangeStart && to > e.rangeEnd',
          '}',
          'func (e *Emitter) tsWithinRange(ts time.Duration) bool {',
        ].join('\n'),
      },
    ],
    imports: [],
  },
  {
    file: 'cmd/trace/regions.go',
    why: 'difference 20: regions are grouped by the frame that started them',
    edits: [{ find: '\t\t\tframe = f\n', replace: '\t\t\tframe = f\n\t\t\tbreak\n' }],
    imports: [],
  },
  {
    file: 'cmd/trace/gstate.go',
    why: 'sorted: ranges that are open at a stop, by name; difference 26: every known source of an unblock has an arrow',
    edits: [
      { find: 'for name, r := range gs.activeRanges {', replace: sortedLoop('r', 'gs.activeRanges', 'name') },
      {
        find: 'if viewerResource != 0 {',
        replace: 'if noSource := R(noResource); viewerResource != uint64(noSource) {',
      },
    ],
    imports: ['maps', 'slices'],
  },
  {
    file: 'cmd/trace/gen.go',
    why: 'sorted: ranges that are open at the end, by name or by proc',
    edits: [
      { find: 'for name, ar := range g.ranges {', replace: sortedLoop('ar', 'g.ranges', 'name') },
      {
        find: 'for r, ar := range g.ranges {',
        replace: [
          'byProc := func(a, b trace.Range) int { return cmp.Compare(a.Scope.Proc(), b.Scope.Proc()) }',
          'for _, r := range slices.SortedFunc(maps.Keys(g.ranges), byProc) {',
          'ar := g.ranges[r]',
        ].join('\n'),
      },
    ],
    imports: ['cmp', 'maps', 'slices'],
  },
  {
    file: 'cmd/trace/goroutinegen.go',
    why: 'sorted: goroutines that are open at the end, by id',
    edits: [{ find: 'for id, gs := range g.gStates {', replace: sortedLoop('gs', 'g.gStates', 'id') }],
    imports: ['maps', 'slices'],
  },
  {
    file: 'cmd/trace/procgen.go',
    why: 'sorted: goroutines that are open at the end, by id',
    edits: [finishGoroutines],
    imports: ['maps', 'slices'],
  },
  {
    file: 'cmd/trace/threadgen.go',
    why: 'sorted: goroutines that are open at the end, by id',
    edits: [finishGoroutines],
    imports: ['maps', 'slices'],
  },
]

/** The head of a loop over the keys of a map in ascending order. */
function sortedKeys(key: string, map: string): string {
  return `for _, ${key} := range slices.Sorted(maps.Keys(${map})) {`
}

function sortedLoop(value: string, map: string, key = 'sortedKey'): string {
  return `${sortedKeys(key, map)}\n${value} := ${map}[${key}]`
}

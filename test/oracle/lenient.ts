/**
 * Where the reference goes on over what Go's reader gives up on although ordering does not need it
 * (server/core/oddities.ts): edits behind those of patches.ts.
 */
import type { Patch } from './patches.js'

const lenient = 'difference 42: annotations and references that ordering does not need lose nothing'

/** What an id that the tables lack becomes. */
const UNKNOWN_STRING = '1<<62'

/** In place of an error: the event is left out. */
const leftOut = 'return curCtx, true, nil'

/** The same in the older format, and what is wrong with ranges there. */
const V1_LEFT_OUT = 'ev.Type = EvNone\ncontinue'
const v1Ranges = [
  ...['GC', 'STW', 'sweeping', 'mark assist'].map(range => `previous ${range} is not ended before a new one`),
  ...['GC', 'STW', 'sweeping'].map(range => `bogus ${range} end`),
]

export const lenientPatches: readonly Patch[] = [
  {
    file: 'internal/trace/internal/tracev1/parser.go',
    why: lenient,
    edits: [
      ...v1Ranges.map(message => ({ find: `return fmt.Errorf("${message} (time %d)", ev.Ts)`, replace: V1_LEFT_OUT })),
      { find: 'return fmt.Errorf("invalid user region mode: %q", ev)', replace: V1_LEFT_OUT },
      { find: 'return fmt.Errorf("task id conflicts (id:%d), %q vs %q", taskid, ev, prevEv)', replace: '_ = prevEv' },
      {
        find: 's := regions[n-1]\n\t\t\t\t\tif s.Args[0] != ev.Args[0] || s.Args[2] != ev.Args[2] {',
        replace: [
          'at := n - 1',
          'for at >= 0 && (regions[at].Args[0] != ev.Args[0] || regions[at].Args[2] != ev.Args[2]) { at-- }',
          'if at < 0 {',
        ].join('\n'),
      },
      {
        find: 'return fmt.Errorf("misuse of region in goroutine %d: span end %q when the inner-most active span start event is %q", ev.G, ev, s)',
        replace: V1_LEFT_OUT,
      },
      {
        find: 'activeRegions[ev.G] = regions[:n-1]',
        replace: 'activeRegions[ev.G] = slices.Delete(regions, at, at+1)',
      },
      { find: 'return fmt.Errorf("string has duplicate id %d", id)', replace: '' },
      { find: 'p.strings[id] = string(buf)', replace: 'if p.strings[id] == "" { p.strings[id] = string(buf) }' },
    ],
    imports: ['slices'],
  },
  {
    file: 'internal/trace/tracev1.go',
    why: lenient,
    edits: [
      { find: 'switch ev.Type {\n', replace: 'switch ev.Type {\ncase tracev1.EvNone:\nreturn Event{}, errSkip\n' },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/order.go',
    why: lenient,
    edits: [
      {
        // An event of these kinds that its handler refuses is left out.
        find: 'if err == nil && ok && ms != nil {',
        replace: [
          'switch ev.typ {',
          'case tracev2.EvUserTaskBegin, tracev2.EvUserTaskEnd, tracev2.EvUserRegionBegin, tracev2.EvUserRegionEnd, tracev2.EvUserLog, tracev2.EvGoLabel,',
          'tracev2.EvProcsChange, tracev2.EvHeapAlloc, tracev2.EvHeapGoal, tracev2.EvSTWBegin, tracev2.EvSTWEnd,',
          'tracev2.EvGCSweepActive, tracev2.EvGCSweepBegin, tracev2.EvGCSweepEnd,',
          'tracev2.EvGCMarkAssistActive, tracev2.EvGCMarkAssistBegin, tracev2.EvGCMarkAssistEnd,',
          'tracev2.EvSpan, tracev2.EvSpanAlloc, tracev2.EvSpanFree, tracev2.EvHeapObject, tracev2.EvHeapObjectAlloc, tracev2.EvHeapObjectFree,',
          'tracev2.EvGoroutineStack, tracev2.EvGoroutineStackAlloc, tracev2.EvGoroutineStackFree:',
          'if err != nil {',
          'return true, nil',
          '}',
          '}',
          'if err == nil && ok && ms != nil {',
        ].join('\n'),
      },
      { find: 'return curCtx, false, fmt.Errorf("task ID conflict: %d", id)', replace: '' },
      {
        find: 'nameID := stringID(ev.args[2])',
        replace: known(2),
      },
      {
        find: 'nameID := stringID(ev.args[1])',
        replace: known(1),
        times: 2,
      },
      {
        // What a task is is only noted of an event that counts.
        find: 'o.activeTasks[id] = taskState{name: name, parentID: parentID}',
        replace: `if validateCtx(curCtx, userGoReqs) != nil { ${leftOut} }\no.activeTasks[id] = taskState{name: name, parentID: parentID}`,
      },
      {
        find: 'if ts, ok := o.activeTasks[id]; ok {',
        replace: `if validateCtx(curCtx, userGoReqs) != nil { ${leftOut} }\nif ts, ok := o.activeTasks[id]; ok {`,
      },
      {
        find: 's.regions = s.regions[:len(s.regions)-1]',
        replace: 's.regions = slices.Delete(s.regions, at, at+1)',
      },
      {
        find: 'if next := s.regions[len(s.regions)-1]; next != r {',
        replace: [
          'at := len(s.regions) - 1',
          'for at >= 0 && s.regions[at] != r { at-- }',
          'if next := s.regions[len(s.regions)-1]; at < 0 {',
        ].join('\n'),
      },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/reader.go',
    why: lenient,
    edits: [
      { find: 'v1Events *traceV1Converter\n', replace: 'v1Events *traceV1Converter\nnested bool\n' },
      {
        find: 'if err = e.validateTableIDs(); err != nil {',
        replace: 'if r.nested {\nr.nested = false\nreturn\n}\nif err = e.validateTableIDs(); err != nil {',
      },
      {
        find: 'panic("invariant violation: advance successful, but queue is empty")',
        replace: 'e, err := r.ReadEvent()\nr.nested = err == nil\nreturn e, err',
      },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/event.go',
    why: lenient,
    edits: [
      { find: 'func (e Event) validateTableIDs() error {', replace: 'func (e *Event) validateTableIDs() error {' },
      {
        find: 'return fmt.Errorf("found invalid stack ID %d for event %s", id, spec.Name)',
        replace: 'e.base.args[i-1] = 0',
      },
      {
        find: 'return fmt.Errorf("found invalid string ID %d for event %s", id, spec.Name)',
        replace: `e.base.args[i-1] = ${UNKNOWN_STRING}`,
      },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/generation.go',
    why: lenient,
    edits: [
      {
        find: 'g.strings.compactify()',
        replace: [
          'g.strings.compactify()',
          'if g.strings.sparse == nil { g.strings.sparse = make(map[stringID]string) }',
          `g.strings.sparse[${UNKNOWN_STRING}] = "unknown"`,
        ].join('\n'),
        times: 2,
      },
      {
        find: 'err = fmt.Errorf("found invalid func string ID %d for stack %d", frame.funcID, id)\n\t\t\t\treturn false',
        replace: `frame.funcID = ${UNKNOWN_STRING}\nframes[pc] = frame`,
      },
      {
        find: 'err = fmt.Errorf("found invalid file string ID %d for stack %d", frame.fileID, id)\n\t\t\t\treturn false',
        replace: `frame.fileID = ${UNKNOWN_STRING}\nframes[pc] = frame`,
      },
      {
        find: 'if err := stringTable.insert(stringID(id), s); err != nil {\n\t\t\treturn err\n\t\t}',
        replace: 'stringTable.insert(stringID(id), s)',
      },
      {
        find: 'if err := stackTable.insert(stackID(id), stack{pcs: frames}); err != nil {\n\t\t\treturn err\n\t\t}',
        replace: 'stackTable.insert(stackID(id), stack{pcs: frames})',
      },
    ],
    imports: [],
  },
  {
    file: 'internal/trace/summary.go',
    why: lenient,
    edits: [
      {
        find: 'sd = regionStk[n-1]\n\t\t\tregionStk = regionStk[:n-1]',
        replace: [
          'at := n - 1',
          'for i := at; i >= 0; i-- {',
          'if regionStk[i].Start != nil && regionStk[i].Name == r.Type && regionStk[i].TaskID == r.Task {',
          'at = i',
          'break',
          '}',
          '}',
          'sd = regionStk[at]',
          'regionStk = slices.Delete(regionStk, at, at+1)',
        ].join('\n'),
      },
    ],
    imports: ['slices'],
  },
]

/** Reads an argument that names a string, which becomes the unknown one when the generation lacks it. */
function known(argument: number): string {
  const arg = `ev.args[${argument}]`
  return `if _, ok := evt.strings.get(stringID(${arg})); !ok { ${arg} = ${UNKNOWN_STRING} }\nnameID := stringID(${arg})`
}

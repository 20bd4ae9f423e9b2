/** Mutations of traces without generations, which know records, strings, stacks and batches of procs. */
import { V1Kind, v1Specs } from '../../server/trace/v1/event-table.js'
import type { Random } from './mutate-random.js'
import { editRecords, joined, type RecordFormat, type Span } from './mutate-records.js'
import { decodeRecord, encodeRecord, HEADER_BYTES, recordSpans } from './v1-records.js'

const known = new WeakMap<Uint8Array, readonly Span[]>()
const kinds = v1Specs.flatMap(spec => (spec === undefined ? [] : [spec.kind]))

/** A copy with one or a few things changed. */
export function mutateV1(bytes: Uint8Array, random: Random): Uint8Array {
  let spans = known.get(bytes)
  if (spans === undefined) {
    spans = recordSpans(bytes)
    known.set(bytes, spans)
  }
  if (random.chance(20)) {
    const head = Buffer.from(`go 1.${random.pick([5, 11, 19, 21, 22, 26])} trace\0\0\0`.slice(0, 16))
    return joined(head, bytes.subarray(HEADER_BYTES))
  }
  if (random.chance(6)) return editBatches(bytes, spans, random)
  const edited = editRecords(bytes, spans, v1Records, random)
  // The places behind an edit have moved: a second one goes in front of it, where they still hold.
  if (random.chance(2) || spans.length < 2) return edited
  let same = 0
  while (same < edited.length && edited[same] === bytes[same]) same++
  const before = spans.filter(({ end }) => end <= same)
  return editRecords(edited, before, v1Records, random)
}

/** Drops, repeats or moves a whole batch, or gives it to another proc. */
function editBatches(bytes: Uint8Array, spans: readonly Span[], random: Random): Uint8Array {
  const starts = spans.filter(({ start }) => (bytes[start] & 63) === V1Kind.Batch)
  if (starts.length === 0) return bytes
  const at = random.below(starts.length)
  const { start, end: afterHead } = starts[at]
  const end = starts[at + 1]?.start ?? bytes.length
  const batch = bytes.subarray(start, end)
  const before = bytes.subarray(0, start)
  const after = bytes.subarray(end)
  const other = random.pick(starts)
  switch (random.below(4)) {
    case 0:
      return joined(before, after)
    case 1:
      return joined(before, batch, batch, after)
    case 2:
      return joined(before, bytes.subarray(other.start, other.end), bytes.subarray(afterHead, end), after)
    default:
      return joined(before, after, batch)
  }
}

const v1Records: RecordFormat = {
  decode: decodeRecord,
  encode: encodeRecord,
  invent: random => {
    const kind = random.pick(kinds)
    const count = kind === V1Kind.String ? 1 : random.chance(4) ? 1 + random.below(6) : (v1Specs[kind]?.argCount ?? 1)
    return {
      kind,
      args: Array.from({ length: count }, () => random.wide(0n)),
      data: kind === V1Kind.String || kind === V1Kind.UserLog ? random.bytes(random.below(9)) : null,
    }
  },
}

/** Mutations of traces with generations, which know batches, generations, tables and events. */
import { EventKind, eventSpecs } from '../../server/core/event-table.js'
import type { Random } from './mutate-random.js'
import { editRecords, joined, plainBytes, type RecordFormat } from './mutate-records.js'
import {
  argumentCount,
  type Batch,
  batchBytes,
  decodeRecord,
  type Framing,
  HEADER_BYTES,
  readFraming,
  recordSpans,
} from './v2-records.js'

const framings = new WeakMap<Uint8Array, Framing>()
const kinds = eventSpecs.flatMap(spec => (spec === undefined ? [] : [spec.kind]))

/** A copy with one or a few things changed; `bytes` is a trace whose framing can be read, more or less. */
export function mutateV2(bytes: Uint8Array, random: Random): Uint8Array {
  let framing = framings.get(bytes)
  if (framing === undefined) {
    framing = readFraming(bytes)
    framings.set(bytes, framing)
  }
  let { batches } = framing
  for (let edits = 1 + random.below(3); edits > 0 && batches.length > 0; edits--) batches = edit(batches, random)
  const head = random.chance(30)
    ? Buffer.from(`go 1.${random.pick([5, 11, 19, 21, 22, 23, 25, 26, 27])} trace\0\0\0`.slice(0, 16))
    : bytes.subarray(0, HEADER_BYTES)
  return joined(head, ...batches.map(batchBytes), framing.rest)
}

function edit(batches: readonly Batch[], random: Random): readonly Batch[] {
  const at = random.below(batches.length)
  const batch = batches[at]
  const replaced = (changes: Partial<Batch>) => batches.with(at, { ...batch, ...changes })
  switch (random.below(24)) {
    case 0:
      return batches.toSpliced(at, 1)
    case 1:
      return batches.toSpliced(at, 0, batch)
    case 2: {
      const other = random.below(batches.length)
      return batches.with(at, batches[other]).with(other, batch)
    }
    case 3:
      return replaced({ generation: random.wide(batch.generation) })
    case 4:
      return replaced({ thread: random.chance(2) ? random.pick(batches).thread : random.wide(batch.thread) })
    case 5:
      return replaced({ time: random.chance(2) ? random.pick(batches).time : random.wide(batch.time) })
    case 6:
      return replaced({ size: random.wide(BigInt(batch.payload.length)) })
    case 7:
      return replaced({ ends: random.below(3) })
    case 8:
      return batches.filter(({ generation }) => generation !== batch.generation)
    case 9: {
      const shift = random.pick([0n, 1n, 2n, 100n])
      const last = batches[batches.length - 1].generation
      const again = batches.filter(({ generation }) => generation === batch.generation)
      return [...batches, ...again.map(copy => ({ ...copy, generation: last + shift }))]
    }
    case 10: {
      const shift = random.wide(0n)
      return batches.map(copy => ({ ...copy, generation: BigInt.asUintN(64, copy.generation + shift) }))
    }
    case 11: {
      const thread = random.pick(batches).thread
      return batches.map(copy => (copy.thread === batch.thread ? { ...copy, thread } : copy))
    }
    case 12:
      return replaced({ experiment: batch.experiment === null ? random.below(4) : null })
    case 13:
      return [...batches].sort((a, b) => (a.thread < b.thread ? -1 : a.thread > b.thread ? 1 : 0))
    default: {
      let payload = batch.payload
      for (let edits = 1 + random.below(2); edits > 0; edits--) {
        payload = editRecords(payload, recordSpans(payload), v2Records, random)
      }
      return replaced({ payload })
    }
  }
}

const v2Records: RecordFormat = {
  decode: decodeRecord,
  encode: record => plainBytes(record.kind, record),
  invent: random => {
    const kind = random.pick(kinds)
    return {
      kind,
      args: Array.from({ length: argumentCount(kind) }, () => random.wide(0n)),
      data: kind === EventKind.String ? random.bytes(random.below(9)) : null,
    }
  },
}

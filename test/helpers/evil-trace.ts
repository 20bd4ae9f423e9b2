/** A trace all of whose names are script, and what pages may make of it. */
import type { Test } from 'tap'
import { batch, clockBatch, END_OF_GENERATION, header, varint } from './trace-bytes.js'

export const evil = [
  '<script>alert(1)</script>',
  '" onclick="alert(1)',
  "' onmouseover='alert(1)",
  '</title><img src=x onerror=alert(1)>',
]

/** Functions, files, reasons, labels, tasks, regions, logs: all are of these names, four of them. */
export function evilTrace(names: readonly string[] = evil): Uint8Array {
  const none = (1n << 64n) - 1n
  const texts = names.flatMap((text, i) => {
    const bytes = [...Buffer.from(text)]
    return [5, ...varint(i + 1), ...varint(bytes.length), ...bytes]
  })
  const stacks = names.flatMap((_, i) => [3, i + 1, 1, ...varint(0x1000 + i), i + 1, i + 1, 7])
  const events: (number | bigint)[][] = [
    [13, 1, 0, 1],
    [25, 1, 1, 7, 2],
    ...names.flatMap((_, i): number[][] => {
      const id = i + 1
      return [
        [40, 9, id, 0, id, id],
        [42, 9, id, id, id],
        [44, 9, id, id, id, id],
        [39, 9, id],
        [14, 9, 10 + id, id, id],
        [43, 99, id, id, id],
        [41, 9, id, id],
        [19, 9, id, id],
        [16, 9, 1, id],
      ]
    }),
    // Open at the end, and a wait at last, so that profiles have it.
    [20, 99, 1, 1],
    ...names.flatMap((_, i): number[][] => [
      [16, 9, 11 + i, 1],
      [26, 9, i + 1, i + 1],
      [27, 9],
      [20, 9, i + 1, i + 1],
    ]),
    [21, 9999, 11, 2, 0],
    [21, 9, 12, 2, 0],
  ]
  const thread = events.flatMap(([kind, ...args]) => [Number(kind), ...args.flatMap(arg => varint(arg))])
  return Uint8Array.from([
    ...header(26),
    ...clockBatch(26),
    ...batch([4, ...texts], { thread: none }),
    ...batch([2, ...stacks], { thread: none }),
    ...batch(thread),
    END_OF_GENERATION,
  ])
}

/** Checks that a page has no script but our own files, and no attribute that runs one. */
export function isHarmless(t: Test, url: string, page: string): void {
  t.notMatch(page, /<script>|<img src=x|<script(?![^>]*\bsrc="\/static\/)/i, url)
  // Quoted values are taken away: what is left of a tag are its names.
  const tags = (page.match(/<[a-z][^>]*>/gi) ?? []).map(tag => tag.replace(/"[^"]*"/g, ''))
  t.strictSame(
    tags.filter(tag => /onclick|onmouseover|onerror/i.test(tag)),
    [],
    url,
  )
}

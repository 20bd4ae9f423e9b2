/** One file, read by us and by the original. */
import { dump } from '../../server/commands/dump.js'
import { Output } from '../../server/commands/output.js'
import { printParsed } from '../../server/commands/parsed.js'
import { CodedError } from '../../server/errors.js'
import { openSource } from '../../server/source/file.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { runTool } from '../helpers/go.js'

/** `we tell a loss`: a table cut between two fields, which Go takes for the end of the trace; both print the same. */
export type Outcome = 'both accept' | 'both refuse' | 'we tell a loss' | 'Go panics' | 'too long for us' | 'different'

export interface Comparison {
  readonly outcome: Outcome
  /** What differs, in words; '' for nothing. */
  readonly difference: string
}

class CollectingOutput extends Output {
  readonly parts: Uint8Array[] = []

  constructor() {
    super(-1)
  }

  override write(data: Uint8Array | string): void {
    this.parts.push(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }
}

/** What our `-d=parsed` prints, and the error that ends it. */
export function parsed(path: string): { readonly printed: Buffer; readonly refusal: CodedError | null } {
  const output = new CollectingOutput()
  let refusal: CodedError | null = null
  try {
    dump(path, 'parsed', output)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    refusal = error
  }
  return { printed: Buffer.concat(output.parts), refusal }
}

/** Compares what `-d=parsed` prints, and whether it succeeds. TZ must be UTC. */
export function compareWithGo(path: string): Comparison {
  const { printed: ours, refusal } = parsed(path)
  // Deliberate: behind 2^53 ns our times would not be exact.
  if (refusal?.message.includes('longer than 2^53 ns')) return { outcome: 'too long for us', difference: '' }
  const { stdout, stderr, exit } = runTool('sorted', ['-d=parsed', path])
  const same = firstDifference(ours, stdout)
  if (exit === 2 && /^(panic|fatal error|runtime: )/m.test(stderr)) {
    return { outcome: 'Go panics', difference: '' }
  }
  const difference = (what: string): Comparison => ({ outcome: 'different', difference: what })
  const { code, place } = refusal ?? {}
  if (exit === 0 && same < 0 && code === 'TABLES' && place?.found === 'the end of its batch') {
    return { outcome: 'we tell a loss', difference: '' }
  }
  if ((refusal === null) !== (exit === 0)) {
    return difference(
      `ours ${refusal?.message ?? 'accepts'}, Go ${exit === 0 ? 'accepts' : stderr.trim().slice(0, 300)}`,
    )
  }
  if (same >= 0) return difference(`at ${same}: ours ${excerpt(ours, same)}, Go ${excerpt(stdout, same)}`)
  return { outcome: exit === 0 ? 'both accept' : 'both refuse', difference: '' }
}

/**
 * Compares the events that are served, as text, with what the reference prints, which goes on over what ordering does
 * not need. TZ must be UTC.
 *
 * @returns odd: whether there was such a thing
 */
export function compareServed(path: string): { readonly difference: string; readonly odd: boolean } {
  const source = openSource(path)
  try {
    const reader = openReader(source, openTrace(source))
    const ours = Buffer.from([...printParsed(reader)].join(''), 'latin1')
    const odd = reader.oddities.length > 0
    const { stdout, exit } = runTool('reference', ['-d=parsed', path])
    // Where Go panics, and behind 2^53 ns, there is nothing to compare.
    if (exit === 2 || reader.error?.message.includes('longer than 2^53 ns')) return { difference: '', odd }
    const at = firstDifference(ours, stdout)
    return { difference: at < 0 ? '' : `at ${at}: ours ${excerpt(ours, at)}, Go ${excerpt(stdout, at)}`, odd }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { difference: '', odd: false }
  } finally {
    source.close()
  }
}

/** −1 when they are equal. */
function firstDifference(ours: Buffer, theirs: Buffer): number {
  if (ours.equals(theirs)) return -1
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  return at
}

function excerpt(text: Buffer, at: number): string {
  const from = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1
  return JSON.stringify(text.toString('latin1', from, at + 120))
}

/** The rows of one dictionary as rows of another: what makes blocks that were written with the one readable with the other. */
import { type Dictionary, type DictionaryDelta, EMPTY_STACK, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { GrowingInts } from '../generation/growing-ints.js'

export class RowMaps {
  readonly goroutines = new GrowingInts()
  readonly procs = new GrowingInts()
  readonly threads = new GrowingInts()
  readonly tasks = new GrowingInts()
  readonly strings = new GrowingInts()
  readonly stacks = new GrowingInts()
  private readonly frames = new GrowingInts()
  private readonly wide: bigint[] = []

  constructor(private readonly target: Dictionary) {
    this.strings.push(NO_STRING)
    this.stacks.push(NO_STACK)
    this.stacks.push(EMPTY_STACK)
  }

  /** Adds what is new in the one dictionary to the other, in the order in which it came up. */
  extend(delta: DictionaryDelta): void {
    const { target, strings } = this
    this.wide.push(...delta.wide)
    for (const id of delta.goroutines) this.goroutines.push(target.goroutines.add(this.code(id)))
    for (const id of delta.procs) this.procs.push(target.procs.add(this.code(id)))
    for (const id of delta.threads) this.threads.push(target.threads.add(this.code(id)))
    for (const id of delta.tasks) this.tasks.push(target.tasks.add(this.code(id)))
    let appended = 0
    for (let i = 0; i < delta.strings.length; i++) {
      const isAppended = delta.appended[appended] === i
      if (isAppended) appended++
      strings.push(isAppended ? target.appendString(delta.strings[i]) : target.addString(delta.strings[i]))
    }
    for (let i = 0; i < delta.framePcs.length; i++) {
      const func = strings.values[delta.frameFunctions[i]]
      const file = strings.values[delta.frameFiles[i]]
      this.frames.push(target.addFrame(delta.framePcs[i], func, file, delta.frameLines[i]))
    }
    for (let i = 0; i < delta.stackParents.length; i++) {
      const parent = this.stacks.values[delta.stackParents[i]]
      this.stacks.push(target.addStack(parent, this.frames.values[delta.stackFrames[i]]))
    }
  }

  /** The other dictionary's code for a code of the one (wide.ts). */
  private code(code: number): number {
    return code >= -1 ? code : this.target.wide.encode(this.wide[-2 - code])
  }
}

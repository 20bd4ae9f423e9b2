import type { ProfileFrame } from '../../contract/common.js'
import type { Dictionary } from '../../core/dictionary.js'

/** Frames of a stack, leaf first. */
export function framesOf(dictionary: Dictionary, stack: number): ProfileFrame[] {
  return dictionary.frames(stack).map(frame => frameAnswer(dictionary, frame))
}

export function frameAnswer(dictionary: Dictionary, frame: number): ProfileFrame {
  const line = dictionary.frameLines[frame]
  return {
    func: dictionary.text(dictionary.frameFunctions[frame]),
    file: dictionary.text(dictionary.frameFiles[frame]),
    line: line <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(line) : String(line),
    pc: dictionary.framePcs[frame].toString(16),
  }
}

/**
 * Small profiles written by hand: `leaf<caller<root count delay` a line; a frame is a function with the PC that it has
 * here.
 */
import type { ProfileFrame } from '../../server/contract/common.js'
import type { ProfileAnswer } from '../../server/contract/profile.js'

export const sampleTypes = [
  { type: 'contentions', unit: 'count' },
  { type: 'delay', unit: 'nanoseconds' },
]

/** PCs are given to functions in order of appearance, from 0x401000 in steps of 16. `-` is a sample without a stack. */
export function profileOf(text: string): ProfileAnswer {
  const frames = new Map<string, ProfileFrame>()
  const frameOf = (func: string): ProfileFrame => {
    let frame = frames.get(func)
    if (frame === undefined) {
      const at = frames.size
      const file = `${func.slice(0, func.lastIndexOf('.'))}/file.go`
      frame = { func, file, line: 10 + at, pc: (0x401000 + 16 * at).toString(16) }
      frames.set(func, frame)
    }
    return frame
  }
  const samples = text
    .trim()
    .split('\n')
    .map(line => {
      const [stack, count, delayNs] = line.trim().split(/\s+/)
      return {
        stack: stack === '-' ? [] : stack.split('<').map(frameOf),
        count: Number(count),
        delayNs: Number(delayNs),
      }
    })
  return { sampleTypes, samples, ready: true, partial: null }
}

/** Network waits of a small web client and server. */
export const webProfile = profileOf(`
  runtime.chansend1<main.worker                                          7  49000000
  runtime.selectgo<net/http.(*persistConn).writeLoop                  1000 619000000
  runtime.selectgo<net/http.(*Client).Do<net/http.(*Client).Get<main.main  300 375000000
  runtime.selectgo<net/http.(*Client).Do<net/http.(*Client).Post<main.main  60 80100000
  sync.(*Mutex).Lock<example.com/pool.(*Pool).Get<main.worker           12  2840000
  -                                                                      3  1000
`)

export const emptyProfile: ProfileAnswer = { sampleTypes, samples: [], ready: true, partial: null }

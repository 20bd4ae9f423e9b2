/** Mistakes of our own on standard error: each once, under a short id that its page shows too. */
import { createHash } from 'node:crypto'
import type { Fault } from '../errors.js'

const ID_LENGTH = 8

export class FaultLog {
  private readonly told = new Set<string>()

  constructor(private readonly write: (text: string) => void) {}

  /**
   * The id of a fault; equal faults of one place have the same. `where` names no part of a trace: a route, or a thread.
   */
  report = ({ kind, frames }: Fault, where: string): string => {
    const id = createHash('sha256').update(`${where}\n${kind}\n${frames}`).digest('hex').slice(0, ID_LENGTH)
    if (!this.told.has(id)) {
      this.told.add(id)
      this.write(`fault ${id} in ${where}: ${kind}${frames === '' ? '' : `\n${frames}`}`)
    }
    return id
  }
}

/**
 * Open regions of a goroutine that ended one out of turn, which no stack can hold: any may end, found by task and name
 * at once, however many are open.
 */
export interface OpenRegion<T> {
  readonly task: number
  readonly name: number
  readonly value: T
}

interface Entry<T> extends OpenRegion<T> {
  open: boolean
}

export class LooseRegions<T> {
  /** Outermost first; those that ended stay until they are the last. */
  private readonly entries: Entry<T>[] = []
  /** Those of a task, then of a name: outermost first. */
  private readonly byTask = new Map<number, Map<number, Entry<T>[]>>()

  /** The innermost that is open; undefined: none is. */
  get top(): OpenRegion<T> | undefined {
    return this.entries.at(-1)
  }

  /** Those that are open, outermost first. */
  *open(): Generator<OpenRegion<T>> {
    for (const entry of this.entries) if (entry.open) yield entry
  }

  push(task: number, name: number, value: T): void {
    const entry = { task, name, value, open: true }
    this.entries.push(entry)
    let names = this.byTask.get(task)
    if (names === undefined) {
      names = new Map()
      this.byTask.set(task, names)
    }
    const same = names.get(name)
    if (same === undefined) names.set(name, [entry])
    else same.push(entry)
  }

  /** Takes out the innermost. Throws when none is open. */
  takeTop(): T {
    const { top } = this
    if (top === undefined) throw new Error('no region is open')
    this.take(top.task, top.name)
    return top.value
  }

  /** Takes out the innermost of a task and name; undefined: none is open. */
  take(task: number, name: number): OpenRegion<T> | undefined {
    const names = this.byTask.get(task)
    const same = names?.get(name)
    const entry = same?.pop()
    if (entry === undefined) return undefined
    if (same?.length === 0) names?.delete(name)
    if (names?.size === 0) this.byTask.delete(task)
    entry.open = false
    while (this.entries.at(-1)?.open === false) this.entries.pop()
    return entry
  }
}

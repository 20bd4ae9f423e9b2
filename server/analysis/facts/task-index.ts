/**
 * Rows of regions, logs and tasks by their owners. Each list is made when it is asked for, as not every visit asks for
 * all.
 */
import { groupRows, type RowGroups, rowsOf } from './records.js'
import { LogNumber, type Logs, NO_TIME, RegionNumber, type Regions, type Tasks } from './regions.js'

export class TaskIndex {
  private readonly made = new Map<string, RowGroups>()
  private listed: Uint32Array | null = null

  /** `lifeOf` gives the number of a goroutine's last life. */
  constructor(
    private readonly tasks: Tasks,
    private readonly logTable: Logs,
    private readonly regionTable: Regions,
    private readonly goroutineCount: number,
    private readonly lifeOf: (goroutine: number) => number,
  ) {}

  /** Region rows of each task, in the order of begin; inherited ones are not in it. */
  get regions(): RowGroups {
    const { regionTable } = this
    return this.byTask('regions', regionTable.length, row =>
      regionTable.isInherited(row) ? -1 : regionTable.number(row, RegionNumber.Task),
    )
  }

  /** Log rows of each task. */
  get logs(): RowGroups {
    return this.byTask('logs', this.logTable.length, row => this.logTable.number(row, LogNumber.Task))
  }

  /** Rows of `adopted` by parent: a parent's children in order of appearance. */
  get children(): RowGroups {
    const { tasks } = this
    return this.byTask('children', tasks.adopted.length, row => tasks.parent(tasks.adopted.number(row, 0)))
  }

  /** Rows of the member pairs by task. */
  get members(): RowGroups {
    const { members } = this.tasks
    return this.byTask('members', members.length, row => members.number(row, 0))
  }

  /**
   * Rows of the regions in the lists of goroutines, ascending: side by side in memory, as the lists themselves are not.
   */
  get listedRegions(): Uint32Array {
    this.listed ??= this.listRegions()
    return this.listed
  }

  /**
   * Region rows in each goroutine's list: those of its last life that closed, by start, those without a begin first.
   */
  get goroutineRegions(): RowGroups {
    return this.keep('goroutineRegions', () => {
      const { regionTable: regions, listedRegions: listed } = this
      const goroutineOf = (place: number) => regions.number(listed[place], RegionNumber.Goroutine)
      const unsorted = new Set<number>()
      const groups = groupRows(listed.length, this.goroutineCount, goroutineOf)
      for (let place = 0; place < listed.length; place++) {
        if (regions.start(listed[place]) === NO_TIME) unsorted.add(goroutineOf(place))
      }
      for (let i = 0; i < groups.rows.length; i++) groups.rows[i] = listed[groups.rows[i]]
      // Rows are in the order of begin; only those without a begin stand among them at their end.
      const start = (row: number) => regions.start(row)
      for (const goroutine of unsorted) rowsOf(groups, goroutine).sort((a, b) => start(a) - start(b) || a - b)
      return groups
    })
  }

  private listRegions(): Uint32Array {
    const { regionTable: regions } = this
    const rows = new Uint32Array(regions.length)
    let length = 0
    for (let row = 0; row < rows.length; row++) {
      if (regions.isListed(row, this.lifeOf(regions.number(row, RegionNumber.Goroutine)))) rows[length++] = row
    }
    return rows.slice(0, length)
  }

  private byTask(name: string, length: number, taskOf: (row: number) => number): RowGroups {
    return this.keep(name, () => groupRows(length, this.tasks.length, taskOf))
  }

  private keep(name: string, make: () => RowGroups): RowGroups {
    let groups = this.made.get(name)
    if (groups === undefined) {
      groups = make()
      this.made.set(name, groups)
    }
    return groups
  }
}

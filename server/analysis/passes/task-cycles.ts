import { TRIM_EVERY } from '../facts/records.js'
import { TaskNumber, type Tasks } from '../facts/regions.js'

/**
 * The tasks whose parent closes a cycle (a reused id, or a task that names itself), of each cycle one: that parent is
 * forgotten for ancestry and descent.
 */
export function taskCycles(tasks: Tasks): Set<number> {
  // 0: not looked at, otherwise the number of the walk that came by
  const walks = new Int32Array(tasks.length)
  const cycles = new Set<number>()
  for (let task = 0; task < tasks.length; task++) {
    if (task % TRIM_EVERY === 0) tasks.rows.trim()
    let at = task
    while (at >= 0 && walks[at] === 0) {
      walks[at] = task + 1
      const parent = tasks.number(at, TaskNumber.Parent)
      if (parent >= 0 && walks[parent] === task + 1) {
        cycles.add(at)
        break
      }
      at = parent
    }
  }
  return cycles
}

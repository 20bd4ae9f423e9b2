import { TRIM_EVERY } from '../facts/records.js'
import { TaskNumber, type Tasks } from '../facts/regions.js'

/**
 * Cuts cycles among tasks (a reused id, or a task that names itself): the parent that closes a cycle is forgotten for ancestry
 * and descent. Gives the number of cuts.
 */
export function cutTaskCycles(tasks: Tasks): number {
  // 0: not looked at, otherwise the number of the walk that came by
  const walks = new Int32Array(tasks.length)
  let cuts = 0
  for (let task = 0; task < tasks.length; task++) {
    if (task % TRIM_EVERY === 0) tasks.rows.trim()
    let at = task
    while (at >= 0 && walks[at] === 0) {
      walks[at] = task + 1
      const parent = tasks.number(at, TaskNumber.Parent)
      if (parent >= 0 && walks[parent] === task + 1) {
        tasks.rows.setNumber(at, TaskNumber.Parent, -1)
        cuts++
        break
      }
      at = parent
    }
  }
  return cuts
}

/** A call tree in the file format of speedscope: delay and count as two profiles over the same frames. */
import type { CallTree } from './call-tree.js'

/** How speedscope knows its own format; nothing is fetched from there. */
const schema = 'https://www.speedscope.app/file-format-schema.json'

/**
 * An object for `JSON.stringify`. Samples are the nodes of the tree that have a part of their own, in its order; their
 * stacks are rows of `shared.frames`, root first. Delays are ns.
 */
export function speedscopeFile(tree: CallTree, name: string): object {
  const samples: number[][] = []
  const delays: number[] = []
  const counts: number[] = []
  const stack: number[] = []
  for (let row = 1; row < tree.parents.length; row++) {
    stack.length = tree.depths[row] - 1
    stack.push(tree.functionRows[row])
    if (tree.selfNs[row] === 0 && tree.selfCounts[row] === 0) continue
    samples.push([...stack])
    delays.push(tree.selfNs[row])
    counts.push(tree.selfCounts[row])
  }
  const profile = (name: string, unit: string, weights: number[], endValue: number) => ({
    type: 'sampled',
    name,
    unit,
    startValue: 0,
    endValue,
    samples,
    weights,
  })
  return {
    $schema: schema,
    exporter: 'trace-serve',
    name,
    activeProfileIndex: 0,
    shared: {
      frames: tree.functions.map(({ name, file, line }) => ({
        name,
        ...(file !== '' && { file, line: Number(line) }),
      })),
    },
    profiles: [
      profile('delay', 'nanoseconds', delays, tree.totalNs[0]),
      profile('count', 'none', counts, tree.totalCounts[0]),
    ],
  }
}

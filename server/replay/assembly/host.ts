/** What the walk asks TypeScript for (../walk.ts): all of it is rare. */

/** An event that the walk has no rule for: its place in the block, and that of its first slot. */
export declare function other(i: i32, at: i32): void
/** The present bucket of a level has passed. */
export declare function advance(level: i32): void
/** A span that began before the present bucket ends now. `part` 1: that of a mark worker in a run. */
export declare function keep(level: i32, track: i32, state: i32, part: i32, since: f64): void
/** Row of the name of a stack's root function. */
export declare function rootFunction(stack: i32): i32
/** TileState + 1 of a wait, by the row of strings of its reason. */
export declare function waitOf(reason: i32): i32
/** Since when a goroutine is a mark worker, which it is no more. */
export declare function endWorker(goroutine: i32): f64
/** A goroutine got a name that is drawn. */
export declare function named(goroutine: i32): void
export declare function meetThread(thread: i32): void
export declare function meetProc(proc: i32): void

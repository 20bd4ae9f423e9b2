/** What a terminal is told while a trace is being read, and of what is lost. */
import type { Partial } from '../contract/common.js'
import type { Trace } from '../contract/trace.js'

const CLEAR_LINE = '\r\x1b[K'

/**
 * Shows the progress in one line of standard error, on a terminal only, until the trace is read or the function is
 * called.
 */
export function showProgress(trace: Trace): () => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  let shown = ''
  const show = (text: string) => {
    if (text === shown) return
    shown = text
    stderr.write(CLEAR_LINE + text)
  }
  const stop = trace.onProgress(({ ready, failed, progress }) => {
    if (ready || failed !== null) finish()
    else show(`reading the trace: ${Math.floor(progress * 100)}%`)
  })
  const finish = () => {
    stop()
    show('')
  }
  return finish
}

/**
 * Says what of the trace is lost, when it is known, and why nothing more is answered; until the returned function is
 * called.
 */
export function reportLosses(trace: Trace, file: string, complain: (sentence: string) => void): () => void {
  let told = false
  const report = () => {
    const { ready, failed } = trace.progress()
    if (failed !== null) {
      stop()
      complain(failed.message)
    } else if (ready && !told) {
      told = true
      // Of all answers that tell it this one costs nothing: who waits for the trace is next. That of the home page
      // takes a second at 300 MB.
      trace.query('traceView', {}).then(
        ({ partial }) => {
          if (partial !== null) complain(partialText(file, partial))
        },
        () => {
          // The next that asks is told what it fails of.
          told = false
        },
      )
    }
  }
  const stop = trace.onProgress(report)
  report()
  return stop
}

/** One sentence about a trace that could not be read to its end. */
export function partialText(file: string, { error, lostBytes, lostPercent, generations }: Partial): string {
  const shown = generations === 1 ? '1 generation is' : `${generations} generations are`
  return `${file} is incomplete: ${shown} used, ${lostBytes} bytes (${lostPercent.toFixed(2)}%) are lost: ${error}`
}

/** What a terminal is told while a trace is being read, and of what is lost. */
import type { Partial, TraceClient } from '../analysis/trace-client.js'

const CLEAR_LINE = '\r\x1b[K'

/** Shows the progress in one line of standard error, on a terminal only, until the trace is read or the function is called. */
export function showProgress(client: TraceClient): () => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  let shown = ''
  const show = (text: string) => {
    if (text === shown) return
    shown = text
    stderr.write(CLEAR_LINE + text)
  }
  const stop = client.onProgress(({ ready, failed, progress }) => {
    if (ready || failed !== null) finish()
    else show(`reading the trace: ${Math.floor(progress * 100)}%`)
  })
  const finish = () => {
    stop()
    show('')
  }
  return finish
}

/** One sentence about a trace that could not be read to its end. */
export function partialText(file: string, { error, lostBytes, lostPercent, generations }: Partial): string {
  const shown = generations === 1 ? '1 generation is' : `${generations} generations are`
  return `${file} is incomplete: ${shown} used, ${lostBytes} bytes (${lostPercent.toFixed(2)}%) are lost: ${error}`
}

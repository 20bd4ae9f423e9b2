/** The page shown while a trace is still being read. */
import type { Progress } from '../../contract/trace.js'
import { countText } from './format.js'

export function readingModel(progress: Progress): object {
  return {
    generationsRead: countText(progress.generationsRead),
    generationsTotal: countText(progress.generationsTotal),
    percent: Math.floor(progress.progress * 100),
  }
}

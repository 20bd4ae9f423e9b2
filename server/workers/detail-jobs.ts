/** The jobs that the detail service knows, by name. */
import type { TileRequest } from '../detail/timeline-tiles.js'
import type { DetailJob } from './detail-service.js'

export const detailJobs: Readonly<Record<string, DetailJob>> = {
  timelineTile: ({ timeline }, request: TileRequest) => timeline.encoded(request),
}

/** The jobs that the detail service knows, by name. */
import type { DetailJob } from './detail-service.js'

export const detailJobs: Readonly<Record<string, DetailJob>> = {}

/** Names of the four profiles, by their paths: the only ones, on every page and in the timeline. */
export const profileNames = {
  io: 'Network blocking',
  block: 'Sync blocking',
  syscall: 'Syscall',
  sched: 'Scheduler latency',
} as const

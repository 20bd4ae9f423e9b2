/** Names of the four profiles, by their paths. */
export const profileNames = {
  io: 'Network blocking',
  block: 'Sync blocking',
  syscall: 'Syscalls',
  sched: 'Scheduler latency',
} as const

/** Names and questions of the four profiles. */
import type { ProfileKind } from '../../contract/profile.js'
import { profileNames } from '../../shared/profile-names.js'

export const profileTitles: Record<
  ProfileKind,
  { readonly title: string; readonly short: string; readonly ofGroup: string; readonly asks: string }
> = {
  io: {
    title: profileNames.io,
    short: 'network',
    ofGroup: 'Network wait',
    asks: 'Which calls wait for the network?',
  },
  block: {
    title: profileNames.block,
    short: 'sync',
    ofGroup: 'Sync block',
    asks: 'Which channels, mutexes and selects hold goroutines?',
  },
  syscall: {
    title: profileNames.syscall,
    short: 'syscall',
    ofGroup: 'Syscall',
    asks: 'Which system calls take the time?',
  },
  sched: {
    title: profileNames.sched,
    short: 'sched',
    ofGroup: 'Scheduler wait',
    asks: 'What made goroutines wait for a free proc?',
  },
}

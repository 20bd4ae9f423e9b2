/** The question that each of the four profiles answers; their names are in shared/profile-names.ts. */
import type { ProfileKind } from '../../contract/profile.js'

export const profileQuestions: Readonly<Record<ProfileKind, string>> = {
  io: 'Which calls wait for the network?',
  block: 'Which channels, mutexes and selects hold goroutines?',
  syscall: 'Which system calls take the time?',
  sched: 'What made goroutines wait for a free proc?',
}

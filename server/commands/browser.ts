/** Opens a page in the user's browser; that there is none is no failure, the address is printed anyway. */
import { spawn } from 'node:child_process'

export function openBrowser(url: string): void {
  const [command, ...args] = openerOf(process.platform)
  const child = spawn(command, [...args, url], { detached: true, stdio: 'ignore' })
  child.on('error', () => {})
  child.unref()
}

function openerOf(platform: NodeJS.Platform): string[] {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['cmd', '/c', 'start', '""']
  return ['xdg-open']
}

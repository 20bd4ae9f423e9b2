#!/usr/bin/env node
/**
 * The program: argv → command → exit status 0, 1 (the trace or the system refused) or 2 (the command line is wrong).
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Command, parseArguments, UsageError, usage } from './commands/arguments.js'
import { openBrowser } from './commands/browser.js'
import { FaultLog } from './commands/faults.js'
import { Output } from './commands/output.js'
import { reportLosses, showProgress } from './commands/progress.js'
import { relaunched } from './commands/relaunch.js'
import { checkOpenFiles, systemRefusal } from './commands/system.js'
import { CodedError, faultOf, placedMessage } from './errors.js'
import { printable } from './shared/printable.js'

const output = new Output(1)

function complain(sentence: string): void {
  console.error(`trace-serve: ${printable(sentence)}`)
}

async function run(command: Command): Promise<number> {
  switch (command.name) {
    case 'help':
      output.write(usage)
      return 0
    case 'version':
      output.write(`${packageVersion()}\n`)
      return 0
    // Loaded when asked for: the web server alone takes longer to load than a small trace to dump.
    case 'dump': {
      const { dump } = await import('./commands/dump.js')
      dump(command.file, command.mode, output)
      return 0
    }
    case 'profile': {
      const { profile } = await import('./commands/profile.js')
      await profile(command.file, command.type, command.limits, output, complain)
      return 0
    }
    case 'serve':
      return serve(command)
  }
}

/** Serves until SIGINT or SIGTERM; 1 when it turned out that nothing of the trace could be used. */
async function serve({ file, address, openBrowser: mayOpen, limits }: Command & { name: 'serve' }): Promise<number> {
  const { startServer } = await import('./commands/serve.js')
  const faults = new FaultLog(text => console.error(`trace-serve: ${text}`))
  // Of an answer it fails that answer alone (web/plugins/errors.ts); what comes from anywhere else ends nobody's.
  process.on('uncaughtException', error => faults.report(faultOf(error), 'no question'))
  const server = await startServer(file, address, limits, faults.report)
  const stopProgress = showProgress(server.trace)
  const stopReport = reportLosses(server.trace, basename(file), complain)
  // Before the line that says that it runs, since whoever reads that may end it at once.
  const asked = new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  try {
    output.write(`trace-serve: listening on ${server.url}\n`)
  } catch (error) {
    // Whoever started the server may have read enough.
    if (!isClosedPipe(error)) throw error
  }
  if (server.exposed) {
    complain('other machines may reach this server: whoever has its address and token reads the trace, unencrypted')
  }
  if (mayOpen && process.stdout.isTTY) openBrowser(server.url)
  const starved = new Promise<void>(resolve => {
    server.trace.onProgress(({ failed }) => {
      if (failed?.code === 'NO_MEMORY') resolve()
    })
  })
  await Promise.race([asked, starved])
  stopProgress()
  stopReport()
  const { failed } = server.trace.progress()
  await server.close()
  return failed === null ? 0 : 1
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return JSON.parse(text).version
}

function isClosedPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE'
}

/** The exit status of a failure, which is told in one sentence. */
function failure(error: unknown): number {
  if (error instanceof UsageError) {
    complain(`${error.message} (see trace-serve -help)`)
    return 2
  }
  if (isClosedPipe(error)) return 0
  const refusal = systemRefusal(error)
  if (error instanceof CodedError) complain(placedMessage(error))
  else if (refusal !== null) complain(refusal)
  else {
    const { kind, frames } = faultOf(error)
    complain(`this is a mistake of trace-serve, not of the trace: ${kind}`)
    console.error(frames)
  }
  return 1
}

// Nobody may be left to read what is said.
process.stderr.on('error', () => {})
let status: number
try {
  checkOpenFiles()
  status = (await relaunched(() => process.exit(1))) ?? (await run(parseArguments(process.argv.slice(2), complain)))
} catch (error) {
  status = failure(error)
}
process.exit(status)

/** A module of views/client as the browser gets it: bundled, then imported. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { projectFolder } from './fixtures.js'

/** `path` is relative to views/client, without its ending. */
export async function clientModule<M>(path: string): Promise<M> {
  const { outputFiles } = await build({
    entryPoints: [join(projectFolder, 'views/client', `${path}.ts`)],
    bundle: true,
    format: 'esm',
    write: false,
  })
  return (await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)) as M
}

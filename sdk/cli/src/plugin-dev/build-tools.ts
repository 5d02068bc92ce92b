import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ContainrError } from '@containr/sdk';
import type * as PluginBuild from '@containr/plugin-build';

/** What builds plugins. */
export type BuildTools = Pick<typeof PluginBuild, 'buildPlugin' | 'packFolder' | 'readPluginFolder'>;

/** The build tools that a plugin's folder has installed: the plugin says by which version it is built. Throws `BUILD_TOOLS_MISSING`. */
export async function buildToolsOf(folder: string): Promise<BuildTools> {
  let file: string;
  try {
    file = createRequire(join(resolve(folder), 'package.json')).resolve('@containr/plugin-build');
  } catch (cause) {
    throw new ContainrError({
      code: 'BUILD_TOOLS_MISSING',
      status: 400,
      detail: `${resolve(folder)} has no @containr/plugin-build.`,
      hint: 'Run in that folder: npm install, or npm install --save-dev @containr/plugin-build',
      cause,
    });
  }
  return (await import(pathToFileURL(file).href)) as BuildTools;
}

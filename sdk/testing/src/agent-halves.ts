import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginPackage } from '@containr/kernel';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Bundles the agent halves that are older than the code they are made of. */
export async function buildAgentHalves(plugins: readonly PluginPackage[]): Promise<void> {
  for (const { directory, manifest } of plugins) {
    const files = [manifest.agent, ...Object.values(manifest.programs ?? {})]
      .filter((file) => typeof file === 'string')
      .map((file) => join(directory, file));
    if (files.length === 0 || !existsSync(join(directory, 'src'))) continue;
    const newest = Math.max(await newestIn(join(directory, 'src')), await newestIn(join(root, 'sdk/plugin/src')));
    const built = await Promise.all(files.map(async (file) => (existsSync(file) ? (await stat(file)).mtimeMs : 0)));
    if (Math.min(...built) > newest) continue;
    // The bundler is heavy, and most tests need none.
    const { buildAgent, readPluginFolder } = await import('@containr/plugin-build');
    await buildAgent(await readPluginFolder(directory));
  }
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const times = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs),
  );
  return Math.max(0, ...times);
}

import { fileURLToPath } from 'node:url';
import { readPackage } from '@containr/kernel';
import type { PluginPackage } from '@containr/kernel';

/**
 * The plugin in a folder, as an install would find it: its manifest, and its code when it is started. Throws when the folder
 * holds no plugin, and `MANIFEST_INVALID`. With `isolated` its code runs in a process of its own, with nothing but what was
 * granted; the folder has to be one that another user can read.
 *
 * @example const test = await startTestPlatform({ plugins: [await readPlugin(new URL('..', import.meta.url))] });
 */
export async function readPlugin(folder: string | URL, trust?: 'trusted' | 'isolated'): Promise<PluginPackage> {
  const directory = folder instanceof URL ? fileURLToPath(folder) : folder;
  const found = await readPackage(directory);
  if (found) return trust === undefined ? found : { ...found, trust };
  throw new Error(`There is no plugin in ${directory}: its package.json has no "containr" key, or there is none.`);
}

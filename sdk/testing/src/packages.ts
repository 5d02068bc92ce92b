import { basename, dirname } from 'node:path';
import { discover } from '@containr/kernel';
import type { PluginPackage } from '@containr/kernel';

/**
 * The plugin package in a folder, to be run in either trust mode: pass it to `startTestPlatform({ plugins: [...] })`.
 * Isolated, its code runs in a process of its own with nothing but what was granted.
 */
export async function packageAt(directory: string, trust: 'trusted' | 'isolated' = 'trusted'): Promise<PluginPackage> {
  const found = (await discover(dirname(directory))).find((one) => basename(one.directory) === basename(directory));
  if (!found) throw new Error(`There is no plugin package in ${directory}`);
  return { ...found, trust };
}

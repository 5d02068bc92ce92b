import { buildAgent } from './build-agent.ts';
import { buildServer } from './build-server.ts';
import { buildView } from './build-view.ts';
import type { PluginFolder } from './plugin-folder.ts';

/** A part of a plugin that is built by itself. */
export type Half = 'server' | 'agent' | 'view';

/** Builds what a plugin has, or only some of its halves. Resolves with what was written, by path in the folder. */
export async function buildPlugin(
  plugin: PluginFolder,
  halves: readonly Half[] = ['server', 'agent', 'view'],
): Promise<readonly string[]> {
  const { manifest } = plugin;
  const hasAgent = manifest.agent !== undefined || Object.keys(manifest.programs ?? {}).length > 0;
  const built = await Promise.all([
    halves.includes('server') ? buildServer(plugin) : [],
    hasAgent && halves.includes('agent') ? buildAgent(plugin) : [],
    manifest.ui !== undefined && halves.includes('view') ? buildView(plugin) : [],
  ]);
  return built.flat();
}

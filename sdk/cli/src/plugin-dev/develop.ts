import { resolve } from 'node:path';
import type { Half, PluginFolder } from '@containr/plugin-build';
import type { Client } from '@containr/client';
import type { Output } from '../output.ts';
import { buildToolsOf } from './build-tools.ts';
import { changesIn } from './changes.ts';
import { serveVersion, wordsOf } from './serve.ts';

/** What is developed, and where it runs. */
export interface Development {
  readonly folder: string;
  readonly client: Client;
  readonly output: Pick<Output, 'line'>;
  /** Run it in the control plane instead of apart. */
  readonly trusted: boolean;
  readonly signal: AbortSignal;
}

/**
 * Builds a plugin and lets the install serve it, again after each save, until the signal. A build or a start that fails is told,
 * and what served before goes on. Rejects when the folder holds no plugin, or has no build tools.
 */
export async function develop({ folder, client, output, trusted, signal }: Development): Promise<void> {
  const tools = await buildToolsOf(folder);
  let last = 0;

  async function turn(changed: ReadonlySet<string> | null): Promise<void> {
    const began = performance.now();
    const took = (): string => `${Math.round(performance.now() - began)} ms`;
    try {
      const plugin = await tools.readPluginFolder(folder);
      const halves = halvesOf(changed).filter((half) => has(plugin.manifest, half));
      await tools.buildPlugin(plugin, halves);
      const built = took();
      last = Math.max(last + 1, Date.now());
      const version = `${plugin.version}-dev.${last}`;
      await serveVersion(client, await tools.packFolder(plugin, version), { version, trusted });
      output.line(
        `${changed ? [...changed].join(', ') : 'All'}: ${halves.join(', ')} built in ${built}, served after ${took()}`,
      );
    } catch (error) {
      output.line(
        `${changed ? [...changed].join(', ') : 'All'}: failed after ${took()}; what was served before still is.\n${wordsOf(error)}`,
      );
    }
  }

  await tools.readPluginFolder(folder);
  const changes = changesIn(resolve(folder), signal);
  // Begun before the first build, so that no save is missed.
  let next = changes.next();
  await turn(null);
  output.line(`Watching ${resolve(folder)}; Ctrl-C ends it, and the plugin stays as it is.`);
  for (let change = await next; !change.done; change = await next) {
    await turn(change.value);
    next = changes.next();
  }
}

/** Whether a plugin has a half at all; every one has a server half. */
function has({ agent, programs, ui }: PluginFolder['manifest'], half: Half): boolean {
  if (half === 'view') return ui !== undefined;
  return half === 'server' || agent !== undefined || Object.keys(programs ?? {}).length > 0;
}

/** Which halves a change reaches: what lies in `src` may be part of both server and agent. */
function halvesOf(changed: ReadonlySet<string> | null): readonly Half[] {
  const paths = [...(changed ?? ['package.json'])];
  const within = (folder: string): boolean => paths.some((path) => path.startsWith(folder));
  if (paths.includes('package.json')) return ['server', 'agent', 'view'];
  const halves: Half[] = [];
  if (within('src/') || within('assets/')) halves.push('server', 'agent');
  // Types and constants of `src` are often part of the view.
  if (within('ui/') || within('src/contract')) halves.push('view');
  return halves;
}

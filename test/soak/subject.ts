import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { discover } from '@containr/kernel';
import type { PluginPackage } from '@containr/kernel';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { Configuring } from './configuring.ts';
import { Guest } from './guests.ts';

const folder = fileURLToPath(new URL('../../plugins/', import.meta.url));

/** A real platform with every first-party plugin, whose set-ups can be made to crash, and plugins that were installed into it. */
export interface Subject {
  readonly test: TestPlatform;
  readonly packages: readonly PluginPackage[];
  /** Installed at runtime, by name: `steady` and `frail`. */
  readonly guests: ReadonlyMap<string, Guest>;
  /** Names of all plugins. */
  readonly plugins: readonly string[];
  /** The plugin's set-ups throw, after they registered everything, until it is taken out again. */
  readonly crashing: Set<string>;
  /** Plugins that have to be on for this one, nearest first. */
  needs(plugin: string): readonly string[];
  /** Changes a setting of a plugin that came with the install. */
  configure(plugin: string): Promise<void>;
  /** Brings those settings back. */
  restoreSettings(): Promise<void>;
}

/** Starts one; stop it by `subject.test.stop()`. */
export async function startSubject(options: { agent?: boolean } = {}): Promise<Subject> {
  const crashing = new Set<string>();
  const packages = (await discover(folder)).map((one) => crashable(one, crashing));
  const test = await startTestPlatform({
    plugins: packages,
    agent: options.agent ?? false,
    settings: { ingress: { port: await freePort() }, deployments: { runtime: 'process' } },
  });
  const required = new Map(
    packages.map(({ name, manifest }) => [
      name,
      Object.entries(manifest.requires).flatMap(([other, need]) =>
        typeof need === 'string' || need.optional !== true ? [other] : [],
      ),
    ]),
  );
  try {
    const guests = new Map<string, Guest>();
    for (const name of ['steady', 'frail']) guests.set(name, await Guest.install(test, name));
    const configuring = new Configuring(test);
    return {
      test,
      packages,
      guests,
      plugins: [...packages.map(({ name }) => name), ...guests.keys()],
      crashing,
      needs: (plugin) => required.get(plugin) ?? [],
      configure: (plugin) => configuring.change(plugin),
      restoreSettings: () => configuring.restore(),
    };
  } catch (error) {
    await test.stop();
    throw error;
  }
}

function crashable(one: PluginPackage, crashing: ReadonlySet<string>): PluginPackage {
  return {
    ...one,
    async load() {
      const plugin = await one.load();
      return {
        ...plugin,
        async setup(ctx) {
          await plugin.setup(ctx);
          if (crashing.has(one.name)) throw new Error(`${one.name} was made to crash in its set-up`);
        },
      };
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port was given')),
      );
    });
  });
}

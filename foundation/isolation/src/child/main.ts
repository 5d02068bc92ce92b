// The process of one isolated plugin: descriptor 3 is the channel to the host, 4 its heartbeat.
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin, PluginContext } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Incoming } from '@containr/cell/channel';
import { Peer } from '@containr/cell/channel';
import type { Boot, Live } from './context.ts';
import { contextOf } from './context.ts';
import { Registry } from './registry.ts';
import { openStore } from './store.ts';

const stopping = new AbortController();
const live: Live = { settings: undefined, providers: {} };
const registry = new Registry(() => peer);
let plugin: Plugin | undefined;
let ctx: PluginContext | undefined;

const heartbeat = new Socket({ fd: 4, readable: true, writable: true });
heartbeat.on('data', (beat) => heartbeat.write(beat));
const peer = new Peer({
  socket: new Socket({ fd: 3, readable: true, writable: true }),
  answer,
  notified(op, data) {
    if (op === 'stop') stopping.abort(new ContainrError({ code: 'SCOPE_CLOSED', status: 503, detail: 'It stops.' }));
    else if (op === 'drop') registry.drop((data as { stream: number }).stream);
    else if (op === 'providers') live.providers = data as Live['providers'];
  },
  violated: (what) => console.error(`The host ${what}`),
  closed: () => process.exit(0),
});

async function answer(call: Incoming): Promise<unknown> {
  const data = call.data as { ref: number; data: unknown; stream: number };
  if (call.op === 'invoke') return registry.invoke(data.ref, data.data, call);
  if (call.op === 'pull') return registry.pull(data.stream);
  if (call.op === 'hello') return null;
  if (call.op === 'load') return load(call.data as { directory: string });
  if (call.op === 'setup') return setUp(call.data as Boot);
  if (call.op === 'verify' && ctx) return plugin?.verify?.(ctx);
  if (call.op === 'settle') return plugin?.settle?.(call.signal);
  throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: `There is no operation "${call.op}".` });
}

async function load({ directory }: { directory: string }): Promise<unknown> {
  const require = createRequire(join(directory, 'package.json'));
  const { name } = require('./package.json') as { name: string };
  const file = require.resolve(name);
  const module = (await import(pathToFileURL(file).href)) as { default?: Plugin };
  if (typeof module.default?.setup !== 'function') {
    throw new ContainrError({
      code: 'PLUGIN_EXPORT',
      status: 500,
      detail: `The package ${name} has no plugin as its default export.`,
      hint: 'Export definePlugin({ setup }) as the default.',
    });
  }
  plugin = module.default;
  // Before the watch on its signs of life grows strict: on a busy machine this takes a second.
  if ((plugin.migrations ?? []).length > 0) await (await import('./tables.ts')).loadOrm();
  return {
    ...(typeof plugin.settings === 'object' ? { settings: plugin.settings } : {}),
    migrations: (plugin.migrations ?? []).map(({ name, up }) => ({ name, up })),
    verifies: plugin.verify !== undefined,
    settles: plugin.settle !== undefined,
  };
}

async function setUp(boot: Boot): Promise<void> {
  live.settings = boot.settings;
  live.providers = boot.providers;
  const store = boot.tables
    ? await (await import('./tables.ts')).openTables(() => peer, boot.plugin, plugin?.entities ?? [])
    : openStore(() => peer, boot.plugin, plugin?.entities ?? []);
  ctx = contextOf(boot, live, registry, () => peer, { signal: stopping.signal, store });
  await plugin?.setup(ctx);
  await registry.settled();
}

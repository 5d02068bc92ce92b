import type { PluginPackage } from '@containr/packages';
import { defineContract, defineHook, defineJob, definePlugin, Empty } from '@containr/sdk';
import type { World } from '@containr/testing/simulation';
import type { Luck, PluginVersion } from './behaviour.ts';
import { strikes } from './behaviour.ts';
import type { Effects } from './effects.ts';

const Settings = {
  type: 'object',
  properties: { word: { type: 'integer', default: 0 } },
  required: ['word'],
  additionalProperties: false,
} as const;

/** What every plugin of the world provides, under its own id. */
const Answer = defineContract('world.answer', 'Answers', { ask: { input: Empty, output: Empty } });
const Asked = defineHook({ name: 'world.asked', kind: 'gate', payload: Empty, summary: 'Before an answer' });

/** Who runs a plugin of the world. */
export interface Host {
  readonly alive: boolean;
  readonly effects: Effects;
  /** A plugin does something by itself: it has to be the one that serves. */
  acts(plugin: string, signal: AbortSignal): void;
}

/** Makes a package of a version, as one process loads it: its code takes its time, and fails as its behaviour and luck say. */
export function packageOf(world: World, luck: Luck, host: Host, one: PluginVersion): PluginPackage {
  const { plugin: name, version, requires, fault, follows } = one;
  const turn = (label: string): Promise<void> => world.turn(host, `${name} ${label}`, 200);
  const fail = (where: string): Error => new Error(`${name} ${version} fails in its ${where}`);
  return {
    name,
    version: `${version}.0.0`,
    directory: '/nowhere',
    ...(['base', 'extra'].includes(name) ? {} : { trust: 'trusted' as const }),
    manifest: {
      displayName: name,
      requires: Object.fromEntries(requires.map((need) => [need, '>=1'])),
      permissions: {},
      segments: [name],
      roots: [],
      programs: {},
    },
    async load() {
      await turn('loads');
      return definePlugin({
        settings: Settings,
        async setup(ctx) {
          const made = host.effects.begin(name, version, ctx.signal);
          const own = (label: string): void => {
            ctx.own(label, async () => {
              host.effects.undo(made, label);
              await turn(`undoes ${label}`);
              if (strikes(world, luck, 0.05)) throw fail('clean-up');
              if (strikes(world, luck, 0.03)) await world.sleep(host, 3_600_000, 'hangs');
            });
            made.undone.set(label, 0);
          };
          own('first');
          const { signal } = ctx;
          ctx.services.provide(Answer, { ask: async () => ({}) });
          if (name === 'base' || fault === 'go-live') ctx.hooks.define(Asked);
          ctx.jobs.handle(defineJob({ name: `${name}.work`, input: Empty, summary: 'Works' }), async () => undefined);
          ctx.hooks.tap(Asked, async () => undefined);
          ctx.repeat('acts', 20_000, async () => {
            host.acts(name, signal);
            await turn('acts');
          });
          if (follows) ctx.settings.onChange(() => undefined);
          await turn('sets up');
          if (fault === 'setup' || strikes(world, luck, 0.1)) throw fail('set-up');
          if (strikes(world, luck, 0.04)) await world.sleep(host, world.pick([90_000, 150_000, 3_600_000]), 'is slow');
          own('last');
        },
        async verify() {
          await turn('verifies');
          if (fault === 'verify' || strikes(world, luck, 0.05)) throw fail('verification');
        },
        async settle() {
          await turn('settles');
          if (strikes(world, luck, 0.05)) throw fail('settling');
        },
      });
    },
  };
}

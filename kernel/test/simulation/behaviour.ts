import type { World } from '@containr/testing/simulation';

/** What is wrong with the code of one version, always. */
export type Fault = 'none' | 'setup' | 'verify' | 'go-live';

/** One version of a plugin in the world. */
export interface PluginVersion {
  readonly plugin: string;
  readonly version: number;
  readonly requires: readonly string[];
  readonly fault: Fault;
  /** Takes changes of its settings as they come. */
  readonly follows: boolean;
}

/** What may go wrong once, while things go wrong at all. */
export interface Luck {
  /** Whether things go wrong now. */
  bad: boolean;
}

/** Whether something with this probability goes wrong here and now. */
export function strikes(world: World, luck: Luck, probability: number): boolean {
  return luck.bad && world.chance() < probability;
}

/** The plugins of a world: two that came with the install, and two that were installed, with several versions each. */
export function pluginsOf(world: World): readonly (readonly PluginVersion[])[] {
  const follows = (): boolean => world.chance() < 0.4;
  const fault = (): Fault => (world.chance() < 0.5 ? 'none' : world.pick(['setup', 'verify', 'go-live'] as const));
  const one = (plugin: string, version: number, requires: readonly string[], wrong: Fault): PluginVersion => ({
    plugin,
    version,
    requires,
    fault: wrong,
    follows: follows(),
  });
  return [
    [one('base', 1, [], 'none')],
    [one('extra', 1, [], 'none')],
    [one('upper', 1, ['base'], 'none'), one('upper', 2, world.chance() < 0.5 ? ['base'] : ['base', 'extra'], fault())],
    [one('top', 1, ['upper'], 'none'), one('top', 2, ['upper'], fault()), one('top', 3, [], 'none')],
  ];
}

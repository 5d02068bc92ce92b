import type { TestPlatform } from '@containr/testing';

/** A setting of a plugin that came with the install, and the two values that it changes between; the first is the default. */
export const settingsOf: ReadonlyMap<string, { readonly name: string; readonly values: readonly [unknown, unknown] }> =
  new Map([
    ['deployments', { name: 'nodeWaitMs', values: [30_000, 29_000] }],
    ['ingress', { name: 'appsDomain', values: [null, 'apps.example.com'] }],
    ['logs', { name: 'retentionDays', values: [7, 8] }],
  ]);

/** Changes settings of plugins that came with the install, on or off. */
export class Configuring {
  readonly #test: TestPlatform;
  readonly #changed = new Set<string>();

  constructor(test: TestPlatform) {
    this.#test = test;
  }

  /** Gives the plugin's setting its other value. */
  async change(plugin: string): Promise<void> {
    const setting = settingsOf.get(plugin);
    if (!setting) throw new Error(`Nothing is known of settings of ${plugin}`);
    const [usual, unusual] = setting.values;
    const changed = this.#changed.has(plugin);
    const body = { [setting.name]: changed ? usual : unusual };
    const answer = await this.#test.console(`/settings/${plugin}`, { method: 'PATCH', body });
    if (answer.status !== 200) throw new Error(`The settings of ${plugin} did not change: ${answer.text}`);
    if (changed) this.#changed.delete(plugin);
    else this.#changed.add(plugin);
  }

  /** Brings the defaults back. */
  async restore(): Promise<void> {
    for (const plugin of [...this.#changed]) await this.change(plugin);
  }
}

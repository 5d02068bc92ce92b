import type { Explain } from '@containr/http';
import { errors } from '../errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PluginPackage } from '@containr/packages';

/** Says which plugin would answer at an address, and why it does not now. */
export function explainAbsent(packages: readonly PluginPackage[], lifecycle: () => Lifecycle | null): Explain {
  return (kind, name) => {
    const life = lifecycle();
    const all = life ? life.entries.map((entry) => entry.package) : packages;
    const owner = all.find(({ manifest }) =>
      (kind === 'segment' ? manifest.segments : (manifest.roots ?? [])).includes(name),
    );
    if (!life) return kind === 'segment' || owner ? errors.STARTING() : null;
    if (!owner) return null;
    const { state, cause } = life.entry(owner.name);
    if (state === 'starting') return errors.STARTING();
    return errors.PLUGIN_OFF(owner.name, owner.manifest.displayName, state, cause);
  };
}

import { ContainrError } from '@containr/sdk';
import type { Explain } from '@containr/http';
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
    if (!life) return kind === 'segment' || owner ? starting() : null;
    if (!owner) return null;
    const { state, cause } = life.entry(owner.name);
    if (state === 'starting') return starting();
    const { displayName } = owner.manifest;
    return new ContainrError({
      code: 'PLUGIN_OFF',
      status: 503,
      detail: `${displayName} (the plugin "${owner.name}") answers here, but it is ${state}${cause ? `: ${cause.message}` : '.'}`,
      hint: cause?.hint ?? `Enable it on the plugins page, or with POST /api/v1/plugins/${owner.name}/enable.`,
    });
  };
}

function starting(): ContainrError {
  return new ContainrError({
    code: 'STARTING',
    status: 503,
    detail: 'Containr is starting.',
    hint: 'Try again in a moment; /readyz says what is missing.',
    retryAfterSeconds: 1,
  });
}

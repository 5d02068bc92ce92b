import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import { Source } from '@containr/sdk/contracts';
import { LentSources } from '@containr/sdk/host';

/** Folders as sources: a plugin that provides {@link Source}, as deployments do, and what lends to it. */
export function lentFolders(): { readonly plugin: PluginPackage; readonly sources: LentSources } {
  const sources = new LentSources();
  const plugin: PluginPackage = {
    name: 'source-folders',
    version: '0.1.0',
    directory: import.meta.dirname,
    manifest: { displayName: 'Source folders', requires: {}, permissions: {}, segments: [], roots: [], programs: {} },
    load: async () => definePlugin({ setup: (ctx) => void ctx.services.provide(Source, sources) }),
  };
  return { plugin, sources };
}

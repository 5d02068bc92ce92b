import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, pageOf } from '@containr/sdk';
import type { PluginPackage } from './package.ts';
import type { Packages } from './packages.ts';
import { InstalledVersion, showVersion } from './version-document.ts';

const PluginPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
});
const VersionPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' }, version: { type: 'string' } },
  required: ['name', 'version'],
  additionalProperties: false,
});

/** What these routes work on. */
export interface VersionRoutes {
  readonly installed: Pick<Packages, 'versions' | 'removeVersion' | 'cameWithInstall'>;
  /** What serves as a plugin. Throws `NOT_FOUND`. */
  find(name: string): PluginPackage;
  /** Told when one of the versions is gone. */
  changed(name: string): void;
}

/** Registers what lists the installed versions of a plugin, and deletes one. */
export function registerVersionRoutes(http: PluginContext['http'], use: VersionRoutes): void {
  http.route({
    method: 'GET',
    path: '/plugins/{name}/versions',
    permission: 'plugin:read',
    summary: 'Installed versions of a plugin, oldest first',
    params: PluginPath,
    response: pageOf(InstalledVersion),
    handler: async ({ params: { name } }) => {
      const { installed } = use;
      const items = installed.cameWithInstall(use.find(name).name) ? [] : await installed.versions(name);
      return { items: items.map((one) => ({ ...showVersion(one), installedAt: one.installedAt })), nextCursor: null };
    },
  });
  http.route({
    method: 'DELETE',
    path: '/plugins/{name}/versions/{version}',
    permission: 'plugin:manage',
    summary: 'Deletes one installed version of a plugin, unless it is the one in use',
    params: VersionPath,
    response: Empty,
    handler: async ({ params: { name, version } }) => {
      await use.installed.removeVersion(use.find(name).name, version);
      use.changed(name);
      return {};
    },
  });
}

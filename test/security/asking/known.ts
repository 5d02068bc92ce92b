import type { Operation } from './operations.ts';
import type { Known, Path } from './sample.ts';
import type { Tenant } from './world.ts';

/** Whose id `{id}` is, by the first segment of the path. */
const ofSegment: Readonly<Record<string, string>> = {
  projects: 'project',
  environments: 'environment',
  services: 'service',
  specs: 'spec',
  variables: 'variable',
  changes: 'change',
  deployments: 'deployment',
  domains: 'domain',
  tokens: 'token',
  runs: 'run',
  organisations: 'organisation',
  users: 'user',
  nodes: 'node',
  keys: 'key',
};

/** Values that no schema tells, by the name of the field, for the whole API. */
const byName: Readonly<Record<string, string>> = {
  service: 'service',
  services: 'service',
  environment: 'environment',
  from: 'otherEnvironment',
  project: 'project',
  deployment: 'deployment',
  with: 'earlier',
  to: 'earlier',
  other: 'earlier',
  upload: 'upload',
  treeHash: 'treeHash',
  run: 'run',
};

/**
 * What a tenant would send: ids of its own things, wherever an operation asks for one.
 */
export function knownOf(tenant: Tenant, operation: Operation): Known {
  const segment = operation.path.replace('/api/v1', '').split('/')[1] ?? '';
  return (path: Path, schema) => {
    const name = String(path.at(-1));
    if (name === 'id' && path.length === 1) return tenant.ids[ofSegment[segment] ?? ''];
    if (name === 'plugin' || (name === 'name' && segment === 'plugins')) return 'logs';
    if (operation.path.startsWith('/git/')) {
      const of: Record<string, string> = {
        organisation: tenant.slug,
        project: `${tenant.word}-shop`,
        environment: 'production',
        repository: 'web.git',
      };
      if (of[name] !== undefined) return of[name];
    }
    if (name === 'host') return `fresh-${tenant.word}.example.org`;
    const own = byName[name];
    if (own === undefined || schema['type'] === 'object') return undefined;
    return tenant.ids[own];
  };
}

import { createHash } from 'node:crypto';
import type { ServicePath } from '@containr/plugin-projects/contract';
import type { Settings } from './settings.ts';

/** Longest label of a host name. */
const longest = 63;

/** Kinds of services that answer requests, and so have an address. */
export function hasAddress(kind: string): boolean {
  return kind === 'web' || kind === 'static';
}

/** The label that a service would like: `<service>-<environment>-<project>`, production without the environment. */
export function plainLabel(path: ServicePath): string {
  const parts =
    path.environmentSlug === 'production'
      ? [path.serviceSlug, path.projectSlug]
      : [path.serviceSlug, path.environmentSlug, path.projectSlug];
  return parts.join('-');
}

/** The label with eight hex digits of the service's id: for one that is too long or taken. */
export function hashedLabel(path: ServicePath): string {
  const hash = createHash('sha256').update(path.service).digest('hex').slice(0, 8);
  return `${plainLabel(path)
    .slice(0, longest - 9)
    .replace(/-+$/, '')}-${hash}`;
}

/** Labels to try, in order. */
export function labelsFor(path: ServicePath): readonly string[] {
  const plain = plainLabel(path);
  return plain.length <= longest ? [plain, hashedLabel(path)] : [hashedLabel(path)];
}

/** Hosts that a label answers at; the first is the one to show. */
export function hostsOf(label: string, settings: Pick<Settings, 'appsDomain'>): readonly [string, ...string[]] {
  const local = `${label}.localhost`;
  return settings.appsDomain === null ? [local] : [`${label}.${settings.appsDomain}`, local];
}

/** Address of a host as people open it: the port is left out where the scheme says it. */
export function urlOf(host: string, settings: Pick<Settings, 'scheme' | 'port'>): string {
  const plain = settings.scheme === 'https' || settings.port === 80;
  return `${settings.scheme}://${host}${plain ? '' : `:${settings.port}`}`;
}

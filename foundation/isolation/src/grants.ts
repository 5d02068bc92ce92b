import { ContainrError } from '@containr/sdk';

/** Kinds of things that an isolated plugin may only use when the admin granted them. */
export const grantKinds = ['hosts', 'events', 'capabilities', 'hooks', 'services', 'provides', 'secrets'] as const;
export type GrantKind = (typeof grantKinds)[number];

/** What the admin granted, by kind. */
export type Grants = Readonly<Record<GrantKind, readonly string[]>>;

const words: Readonly<Record<GrantKind, string>> = {
  hosts: 'reach the host',
  events: 'hear the event',
  capabilities: 'use the capability',
  hooks: 'tap the hook',
  services: 'call the service',
  provides: 'provide the service',
  secrets: 'read the secret',
};

/** Nothing granted. */
export const noGrants: Grants = {
  hosts: [],
  events: [],
  capabilities: [],
  hooks: [],
  services: [],
  provides: [],
  secrets: [],
};

/** Whether a value is granted; hosts may be granted as `*.example.com`. */
export function isGranted(grants: Grants, kind: GrantKind, value: string): boolean {
  if (grants[kind].includes(value)) return true;
  return kind === 'hosts' && grants.hosts.some((host) => host.startsWith('*.') && value.endsWith(host.slice(1)));
}

/** Throws `GRANT_MISSING` (403), which names the grant, unless it is there. */
export function checkGrant(plugin: string, grants: Grants, kind: GrantKind, value: string): void {
  if (isGranted(grants, kind, value)) return;
  throw new ContainrError({
    code: 'GRANT_MISSING',
    status: 403,
    detail: `${plugin} may not ${words[kind]} "${value}", because it was not granted.`,
    hint: `An admin can grant it: containr plugins grants ${plugin} allow ${kind} ${value}`,
  });
}

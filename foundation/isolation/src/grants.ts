import { ContainrError, isContainrError } from '@containr/sdk';

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

/** Something that a plugin tried and may not. */
export interface Missing {
  readonly kind: GrantKind;
  readonly value: string;
}

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
  if (!isGranted(grants, kind, value)) throw grantsMissing(plugin, [{ kind, value }]);
}

/** `GRANT_MISSING` for one or several things at once, with the command that grants them. */
export function grantsMissing(plugin: string, missing: readonly Missing[]): ContainrError {
  const [first, ...more] = missing;
  const may = missing.map(({ kind, value }) => `${words[kind]} "${value}"`);
  const error = new ContainrError({
    code: 'GRANT_MISSING',
    status: 403,
    detail: `${plugin} may not ${may.join(', nor ')}, because ${more.length > 0 ? 'none of it' : 'it'} was ${more.length > 0 ? '' : 'not '}granted.`,
    hint:
      first && more.length === 0
        ? `An admin can grant it: containr plugins grants ${plugin} allow ${first.kind} ${first.value}`
        : `An admin can grant all of it: containr plugins grants ${plugin} allow`,
  });
  missingIn.set(error, missing);
  return error;
}

/** What an error of this process says is missing; nothing for another error. */
export function missingOf(error: unknown): readonly Missing[] {
  return (isContainrError(error) && missingIn.get(error)) || [];
}

const missingIn = new WeakMap<ContainrError, readonly Missing[]>();

import type { EntityManager } from '@mikro-orm/core';
import type { Principal } from '@containr/sdk';
import { can, notFound, wholeOrganisation } from '@containr/sdk';
import { Membership } from './entities/membership.entity.ts';
import { Organisation } from './entities/organisation.entity.ts';
import { SetupLink } from './entities/setup-link.entity.ts';
import type { Token } from './entities/token.entity.ts';
import type { User } from './entities/user.entity.ts';

/** What a role may do: in the organisation that the install began with, and in any other one. */
const roles: Readonly<Record<string, { readonly first: readonly string[]; readonly other: readonly string[] }>> = {
  owner: { first: ['*'], other: [wholeOrganisation] },
};

/** What every account may do, in whatever organisation. */
const own = ['account:self'];

/** One organisation that somebody is in. */
export interface Place {
  readonly organisation: string;
  readonly slug: string;
  readonly role: string;
  /** Whether the install began with it: its owners look after the install too. */
  readonly first: boolean;
}

/** A proof that was valid: who it is and where it may act. */
export interface Grant {
  readonly user: { readonly id: string; readonly name: string };
  readonly places: readonly Place[];
  /** Set when the proof was an API token. */
  readonly token: Pick<Token, 'id' | 'name' | 'scopes' | 'expiresAt'> | null;
  /** When it stops being valid by itself. */
  readonly until: Date | null;
}

/** Where a user may act. */
export async function placesOf(em: EntityManager, user: User, only?: string): Promise<Place[]> {
  const memberships = await em.find(
    Membership,
    only === undefined ? { userId: user.id } : { userId: user.id, organisation: only },
  );
  const organisations = await em.find(Organisation, {
    id: { $in: memberships.map((membership) => membership.organisation) },
  });
  const setUp = await em.findOne(SetupLink, { id: 'setup' });
  const slugs = new Map(organisations.map((organisation) => [organisation.id, organisation.slug]));
  return memberships.map(({ organisation, role }) => ({
    organisation,
    role,
    slug: slugs.get(organisation) ?? '',
    first: organisation === setUp?.organisationId,
  }));
}

function permissionsAt({ role, first }: Place): readonly string[] {
  return (Object.hasOwn(roles, role) ? roles[role]?.[first ? 'first' : 'other'] : undefined) ?? [];
}

/** Who acts, by a grant, in the organisation that the request names. Throws `NOT_FOUND` when it is not in that one. */
export function principalOf(grant: Grant, slug: string | null, via: Principal['via']): Principal {
  const named = slug === null || slug === '' ? null : slug;
  const place =
    named === null
      ? grant.places.length === 1
        ? grant.places[0]
        : undefined
      : grant.places.find((candidate) => candidate.slug === named);
  if (named !== null && !place) throw notFound('organisation');
  const user: Principal = {
    kind: 'user',
    id: grant.user.id,
    name: grant.user.name,
    organisation: place?.organisation ?? null,
    permissions: [...own, ...(place ? permissionsAt(place) : [])],
    via,
  };
  if (!grant.token) return user;
  const permissions = grant.token.scopes.includes('*')
    ? user.permissions
    : grant.token.scopes.filter((scope) => can(user, scope));
  return { ...user, kind: 'token', id: grant.token.id, name: grant.token.name, permissions };
}

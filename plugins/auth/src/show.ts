import type { OrganisationDocument, SessionDocument, TokenDocument, UserDocument } from './contract.ts';
import type { Organisation } from './entities/organisation.entity.ts';
import type { Session } from './entities/session.entity.ts';
import type { Token } from './entities/token.entity.ts';
import type { User } from './entities/user.entity.ts';

/** A user as the API shows it. */
export function showUser(user: User): UserDocument {
  return { id: user.id, email: user.email, name: user.name, createdAt: user.createdAt.toISOString() };
}

/** An organisation as the API shows it. */
export function showOrganisation(organisation: Organisation): OrganisationDocument {
  return {
    id: organisation.id,
    slug: organisation.slug,
    name: organisation.name,
    createdAt: organisation.createdAt.toISOString(),
  };
}

/** A token as the API shows it: never its secret. */
export function showToken(token: Token): TokenDocument {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    scopes: token.scopes,
    createdAt: token.createdAt.toISOString(),
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    expiresAt: token.expiresAt?.toISOString() ?? null,
  };
}

/** A session as the API shows it; `hash` is the one of the asking browser. */
export function showSession(session: Session, hash: string | null): SessionDocument {
  return {
    id: session.id,
    address: session.address,
    userAgent: session.userAgent,
    current: session.hash === hash,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  };
}

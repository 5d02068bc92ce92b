import type { EntityManager } from '@mikro-orm/core';
import type { Cookie, PluginContext, RequestInfo } from '@containr/sdk';
import { Session } from './entities/session.entity.ts';
import { hashSecret, newSecret } from './proofs.ts';

const plainName = 'containr_session';
/** Browsers refuse this name without Secure, or from a subdomain. */
const secureName = `__Host-${plainName}`;
const day = 86_400_000;

/** Longest pause between two requests of a session. */
export const idleMs = 7 * day;
/** Longest life of a session. */
export const absoluteMs = 30 * day;

function nameFor(origin: string): string {
  return origin.startsWith('https://') ? secureName : plainName;
}

/** The session secret among cookies, if any. */
export function sessionSecretOf(cookies: Readonly<Record<string, string>>): string | null {
  return cookies[secureName] ?? cookies[plainName] ?? null;
}

/** Whether a session may still be used. */
export function isUsable(session: Session, now: Date): boolean {
  return session.expiresAt > now && session.lastSeenAt.getTime() + idleMs > now.getTime();
}

/** Starts a session for who has just proved itself; the answer is its cookie. */
export async function startSession(
  ctx: Pick<PluginContext, 'clock' | 'random'>,
  em: EntityManager,
  request: RequestInfo,
  user: string,
): Promise<Cookie> {
  const secret = newSecret(ctx.random);
  const now = ctx.clock.now();
  await em.insert(Session, {
    id: ctx.random.id(),
    userId: user,
    hash: hashSecret(secret),
    address: request.ip,
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
    createdAt: now,
    lastSeenAt: now,
    expiresAt: new Date(now.getTime() + absoluteMs),
  });
  return { name: nameFor(request.origin), value: secret, maxAgeSeconds: absoluteMs / 1000 };
}

/** The cookie that makes a browser forget its session. */
export function clearedCookie(origin: string): Cookie {
  return { name: nameFor(origin), value: '', maxAgeSeconds: 0 };
}

/** Deletes sessions that nobody can use any more. */
export async function sweepSessions(em: EntityManager, now: Date): Promise<number> {
  return em.nativeDelete(Session, {
    $or: [{ expiresAt: { $lte: now } }, { lastSeenAt: { $lte: new Date(now.getTime() - idleMs) } }],
  });
}

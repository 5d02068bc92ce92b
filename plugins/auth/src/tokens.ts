import type { EntityManager } from '@mikro-orm/core';
import type { PluginContext } from '@containr/sdk';
import { Token } from './entities/token.entity.ts';
import { hashSecret, newSecret, tokenPrefix } from './proofs.ts';

/** Makes an API token; its secret is in the answer and nowhere else. */
export async function createToken(
  ctx: Pick<PluginContext, 'clock' | 'random'>,
  em: EntityManager,
  token: { organisation: string; user: string; name: string; scopes: readonly string[]; expiresAt: Date | null },
): Promise<{ row: Token; secret: string }> {
  const secret = tokenPrefix + newSecret(ctx.random);
  const row = em.create(Token, {
    id: ctx.random.id(),
    organisation: token.organisation,
    userId: token.user,
    name: token.name,
    prefix: secret.slice(0, tokenPrefix.length + 6),
    hash: hashSecret(secret),
    scopes: [...token.scopes],
    createdAt: ctx.clock.now(),
    lastUsedAt: null,
    expiresAt: token.expiresAt,
  });
  await em.persist(row).flush();
  return { row, secret };
}

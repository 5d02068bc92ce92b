import type { PluginContext } from '@containr/sdk';
import {
  can,
  ContainrError,
  defineSchema,
  Empty,
  Id,
  invalid,
  listQuery,
  notFound,
  OptionalTimestamp,
  pageOf,
  reply,
} from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { accountOf } from '../account.ts';
import { TokenDocument } from '../contract.ts';
import { Token } from '../entities/token.entity.ts';
import type { Grant } from '../grants.ts';
import type { Recent } from '../recent.ts';
import { showToken } from '../show.ts';
import { createToken } from '../tokens.ts';

const Created = defineSchema({
  ...TokenDocument,
  properties: { ...TokenDocument.properties, secret: { type: 'string' } },
  required: [...TokenDocument.required, 'secret'],
});

/** API tokens of the organisation. */
export function tokenRoutes(ctx: PluginContext, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'GET',
    path: '/tokens',
    permission: 'token:manage',
    summary: 'API tokens, without their secrets',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(TokenDocument),
    handler: async ({ query, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const keys = keyset<Token>(query, { createdAt: 'time', name: 'text' }, '-createdAt');
        const named =
          query.search === undefined ? {} : { name: { $ilike: `%${query.search.replace(/[\\%_]/g, '\\$&')}%` } };
        const rows = await em.find(
          Token,
          { $and: [named, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        return keys.page(rows, showToken);
      }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/tokens',
    permission: 'token:manage',
    summary: 'Makes an API token; its secret is shown this once',
    body: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 100, pattern: '\\S' },
        scopes: {
          type: 'array',
          minItems: 1,
          maxItems: 100,
          items: { type: 'string', pattern: '^(\\*|[a-z][a-z-]*:[a-z][a-z-]*)$' },
        },
        expiresAt: OptionalTimestamp,
      },
      required: ['name'],
      additionalProperties: false,
    },
    response: Created,
    status: 201,
    handler: async ({ body, principal }) => {
      const { organisation } = principal;
      const scopes = body.scopes ?? [...principal.permissions];
      const beyond = scopes.find((scope) =>
        scope === '*' ? !principal.permissions.includes('*') : !can(principal, scope),
      );
      if (beyond !== undefined) {
        throw new ContainrError({
          code: 'FORBIDDEN',
          status: 403,
          detail: `You don't hold ${beyond} yourself, so a token of yours can't.`,
          hint: 'Leave it out, or ask an owner.',
        });
      }
      const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
      if (expiresAt && expiresAt <= ctx.clock.now())
        throw invalid('The token would be expired at once.', [
          { path: '/expiresAt', message: 'must be in the future' },
        ]);
      const made = await ctx.store.for(principal).transaction(async ({ em }) => {
        const user = await accountOf(em, principal);
        return createToken(ctx, em, {
          organisation: organisation ?? '',
          user: user.id,
          name: body.name.trim(),
          scopes: [...new Set(scopes)],
          expiresAt,
        });
      });
      return reply({
        status: 201,
        headers: { location: `/api/v1/tokens/${made.row.id}` },
        body: { ...showToken(made.row), secret: made.secret },
      });
    },
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/tokens/{id}',
    permission: 'token:manage',
    summary: 'Revokes an API token at once',
    params: { type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false },
    response: Empty,
    handler: async ({ params, principal }) => {
      const deleted = await ctx.store.for(principal).transaction(({ em }) => em.nativeDelete(Token, { id: params.id }));
      recent.clear();
      if (deleted === 0) throw notFound('token');
      return {};
    },
  });
}

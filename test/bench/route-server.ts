import type { Plugin } from '@containr/sdk';
import { can } from '@containr/sdk';
import { Identity } from '@containr/sdk/contracts';
import type { PluginPackage } from '@containr/kernel';
import { Setup } from '@containr/plugin-auth/contract';
import { startTestPlatform } from '@containr/testing';
import fastify from 'fastify';

/** One process that serves the same route twice: by a bare Fastify, and by a plugin of ours. It tells its CPU time when asked. */
const Query = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    search: { type: 'string', maxLength: 100 },
  },
  additionalProperties: false,
} as const;
const Item = {
  type: 'object',
  properties: { id: { type: 'string' }, name: { type: 'string' }, count: { type: 'integer' } },
  required: ['id', 'name', 'count'],
  additionalProperties: false,
} as const;
const Answer = {
  type: 'object',
  properties: { items: { type: 'array', items: Item } },
  required: ['items'],
  additionalProperties: false,
} as const;
const items = Array.from({ length: 10 }, (_, count) => ({ id: String(count), name: `thing ${count}`, count }));

const bare = fastify({ logger: false });

const plugin: Plugin = {
  async setup(ctx) {
    ctx.http.route({
      method: 'GET',
      path: '/things',
      summary: 'Lists things',
      permission: 'thing:read',
      query: Query,
      response: Answer,
      handler: async ({ query }) => ({ items: items.slice(0, query.limit) }),
    });
    const identity = ctx.services.get(Identity);
    const caller = { principal: ctx.principal(null) };
    bare.get<{ Querystring: { limit: number } }>(
      '/api/v1/things',
      {
        schema: { querystring: Query, response: { 200: Answer } },
        onRequest: async (request, reply) => {
          const proof = { authorization: request.headers.authorization ?? null, cookies: {}, organisation: null };
          const { principal } = await identity.authenticate(proof, caller);
          if (!principal || !can({ ...principal, permissions: principal.permissions }, 'thing:read'))
            await reply.code(403).send({});
        },
      },
      async (request) => ({ items: items.slice(0, request.query.limit) }),
    );
  },
};
const things: PluginPackage = {
  name: 'things',
  version: '1.0.0',
  directory: import.meta.dirname,
  manifest: {
    displayName: 'Things',
    requires: { auth: '^0.1' },
    permissions: { 'thing:read': 'See things' },
    segments: ['things'],
    roots: [],
    programs: {},
  },
  load: async () => plugin,
};

const test = await startTestPlatform({ plugins: ['auth', things] });
const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
const body = {
  token: new URL(url ?? '').searchParams.get('token'),
  email: 'bench@example.org',
  password: 'correct horse battery',
  name: 'Bench',
};
const claimed = await fetch(`${test.platform.origin}/api/v1/setup`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const { token } = (await claimed.json()) as { token: { secret: string } };
await bare.listen({ port: 0, host: '127.0.0.1' });
const address = bare.server.address();
process.send?.({
  bare: typeof address === 'object' && address ? address.port : 0,
  ours: Number(new URL(test.platform.origin).port),
  token: token.secret,
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
process.on('disconnect', () => {
  void test.stop().finally(() => process.exit(0));
});

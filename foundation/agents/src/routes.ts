import { createPublicKey } from 'node:crypto';
import type { NodeInfo, PluginContext } from '@containr/sdk';
import {
  defineSchema,
  Id,
  invalid,
  listQuery,
  notFound,
  OptionalTimestamp,
  pageOf,
  reply,
  Timestamp,
} from '@containr/sdk';
import { EnrolRequest, Enrolled } from '@containr/sdk/wire';
import type { HalfShelf } from './halves.ts';
import type { NodeStore } from './node-store.ts';

const NodeDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    name: { type: 'string' },
    state: { type: 'string', enum: ['reachable', 'unknown', 'draining'] },
    capabilities: { type: 'array', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    address: { type: 'string' },
    cpus: { type: 'number' },
    memoryBytes: { type: 'integer' },
    lastSeenAt: OptionalTimestamp,
  },
  required: ['id', 'name', 'state', 'capabilities', 'labels', 'address', 'cpus', 'memoryBytes', 'lastSeenAt'],
  additionalProperties: false,
});
const NodePath = defineSchema({
  type: 'object',
  properties: { id: Id },
  required: ['id'],
  additionalProperties: false,
});
const NodeQuery = defineSchema({ type: 'object', properties: listQuery, additionalProperties: false });
const DrainBody = defineSchema({
  type: 'object',
  properties: { draining: { type: 'boolean', default: true } },
  additionalProperties: false,
});
const NewToken = defineSchema({
  type: 'object',
  properties: { token: { type: 'string' }, expiresAt: Timestamp },
  required: ['token', 'expiresAt'],
  additionalProperties: false,
});

function show(node: NodeInfo) {
  const { id, name, state, capabilities, labels, address, cpus, memoryBytes, lastSeenAt } = node;
  return {
    id,
    name,
    state,
    capabilities: [...capabilities],
    labels: { ...labels },
    address,
    cpus,
    memoryBytes,
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
  };
}

/** Routes of nodes and of agents. */
export function registerAgentRoutes(
  http: Pick<PluginContext['http'], 'route' | 'raw'>,
  use: {
    store: NodeStore;
    shelf: HalfShelf;
    install: string;
    createToken(): Promise<{ token: string; expiresAt: Date }>;
    changed(node: string): Promise<void>;
  },
): void {
  const { store, shelf } = use;

  async function find(id: string) {
    const node = await store.find(id);
    if (!node) throw notFound('node');
    return node;
  }

  http.route<true, true, typeof EnrolRequest, typeof Enrolled>({
    method: 'POST',
    path: '/agents/enrol',
    public: true,
    summary: 'Enrols a node with a one-time token',
    body: EnrolRequest,
    response: Enrolled,
    status: 201,
    handler: async ({ body }) => {
      if (!isEd25519(body.publicKey))
        throw invalid('The public key is not an Ed25519 key.', [
          { path: '/publicKey', message: 'must be SPKI in base64' },
        ]);
      const node = await store.enrol(body);
      await use.changed(node);
      return { node, install: use.install };
    },
  });
  http.raw({
    methods: ['GET'],
    path: '/agents/halves/{sha256}',
    permission: 'agent:act',
    summary: 'The agent half of a plugin, by its content',
    accepts: [],
    maxBytes: 0,
    handler: async (_request, { params }) =>
      new Response(await shelf.open(params['sha256'] ?? ''), { headers: { 'content-type': 'text/javascript' } }),
  });
  http.route({
    method: 'GET',
    path: '/nodes',
    permission: 'node:read',
    summary: 'Machines with an agent',
    query: NodeQuery,
    response: pageOf(NodeDocument),
    handler: async ({ query }) => {
      const wanted = (query.search ?? '').toLowerCase();
      const nodes = (await store.list()).filter(({ name }) => name.toLowerCase().includes(wanted));
      const from = query.cursor === undefined ? 0 : nodes.findIndex(({ id }) => id === query.cursor) + 1;
      const page = nodes.slice(from, from + query.limit);
      return {
        items: page.map(show),
        nextCursor: from + query.limit < nodes.length ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });
  http.route({
    method: 'GET',
    path: '/nodes/{id}',
    permission: 'node:read',
    summary: 'One machine',
    params: NodePath,
    response: NodeDocument,
    handler: async ({ params }) => show(await find(params.id)),
  });
  http.route({
    method: 'POST',
    path: '/nodes/tokens',
    permission: 'node:manage',
    summary: 'Makes a one-time enrolment token',
    response: NewToken,
    handler: async () => {
      const { token, expiresAt } = await use.createToken();
      return reply({ status: 201, body: { token, expiresAt: expiresAt.toISOString() } });
    },
  });
  http.route({
    method: 'POST',
    path: '/nodes/{id}/drain',
    permission: 'node:manage',
    summary: 'Takes a node out of placement, or puts it back',
    params: NodePath,
    body: DrainBody,
    response: NodeDocument,
    handler: async ({ params, body }) => {
      await find(params.id);
      await store.setDraining(params.id, body.draining ?? true);
      await use.changed(params.id);
      return show(await find(params.id));
    },
  });
}

function isEd25519(publicKey: string): boolean {
  try {
    return (
      createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyType ===
      'ed25519'
    );
  } catch {
    return false;
  }
}

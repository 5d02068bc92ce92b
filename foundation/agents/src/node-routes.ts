import type { NodeInfo, NodeLeaving, NodePlacement, PluginContext } from '@containr/sdk';
import { conflict, defineSchema, Empty, Id, listQuery, notFound, pageOf } from '@containr/sdk';
import { Labels, NodeDocument, showNode } from './node-document.ts';
import type { NodeStore } from './node-store.ts';

const NodePath = defineSchema({
  type: 'object',
  properties: { id: Id },
  required: ['id'],
  additionalProperties: false,
});
const NodeQuery = defineSchema({ type: 'object', properties: listQuery, additionalProperties: false });
const NodeChange = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$' },
    /** `null` takes a label away. */
    labels: {
      ...Labels,
      additionalProperties: { anyOf: [{ type: 'string', maxLength: 100 }, { type: 'null' }] },
    },
  },
  additionalProperties: false,
});
const RemoveQuery = defineSchema({
  type: 'object',
  properties: { confirm: { type: 'string' }, lost: { type: 'boolean', default: false } },
  additionalProperties: false,
});
const DrainBody = defineSchema({
  type: 'object',
  properties: { draining: { type: 'boolean', default: true } },
  additionalProperties: false,
});
const CordonBody = defineSchema({
  type: 'object',
  properties: { cordoned: { type: 'boolean', default: true } },
  additionalProperties: false,
});

/** Routes of the machines of an install. */
export function registerNodeRoutes(
  http: Pick<PluginContext['http'], 'route'>,
  use: {
    store: NodeStore;
    /** Asks plugins; a throw refuses. */
    gate(leaving: NodeLeaving): Promise<void>;
    changed(node: string): Promise<void>;
    /** Takes it out, and closes its agent's connection. */
    remove(node: NodeInfo, lost: boolean): Promise<void>;
  },
): void {
  const { store } = use;

  async function find(id: string) {
    const node = await store.find(id);
    if (!node) throw notFound('node');
    return node;
  }

  async function placed(id: string, placement: NodePlacement) {
    await store.setPlacement(id, placement);
    await use.changed(id);
    return showNode(await find(id));
  }

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
        items: page.map(showNode),
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
    handler: async ({ params }) => showNode(await find(params.id)),
  });
  http.route({
    method: 'PATCH',
    path: '/nodes/{id}',
    permission: 'node:manage',
    summary: 'Renames a machine, or changes its labels',
    params: NodePath,
    body: NodeChange,
    response: NodeDocument,
    handler: async ({ params, body }) => {
      await find(params.id);
      await store.change(params.id, body);
      await use.changed(params.id);
      return showNode(await find(params.id));
    },
  });
  http.route({
    method: 'POST',
    path: '/nodes/{id}/cordon',
    permission: 'node:manage',
    summary: 'Lets no new replicas come to a machine, or lets them again; ends a drain',
    params: NodePath,
    body: CordonBody,
    response: NodeDocument,
    handler: async ({ params, body }) => {
      await find(params.id);
      return placed(params.id, (body.cordoned ?? true) ? 'cordoned' : 'open');
    },
  });
  http.route({
    method: 'POST',
    path: '/nodes/{id}/drain',
    permission: 'node:manage',
    summary: 'Moves what runs on a machine elsewhere, or puts the machine back into use',
    params: NodePath,
    body: DrainBody,
    response: NodeDocument,
    handler: async ({ params, body }) => {
      const { id, name } = await find(params.id);
      if (body.draining === false) return placed(id, 'open');
      await use.gate({ node: id, name, how: 'drain', lost: false });
      return placed(id, 'draining');
    },
  });
  http.route({
    method: 'DELETE',
    path: '/nodes/{id}',
    permission: 'node:manage',
    summary: 'Takes a machine out of the install; with `lost` also what ran on it is taken for gone',
    params: NodePath,
    query: RemoveQuery,
    response: Empty,
    handler: async ({ params, query }) => {
      const node = await find(params.id);
      const { id, name } = node;
      const lost = query.lost ?? false;
      if (query.confirm !== name)
        throw conflict(
          'CONFLICT_CONFIRM',
          `Removing the node "${name}" is confirmed by its name.`,
          `Add ?confirm=${encodeURIComponent(name)}.`,
        );
      if (lost && node.state === 'reachable')
        throw conflict(
          'CONFLICT_NODE_REACHABLE',
          `The node "${name}" is connected, so it is not lost.`,
          'Drain it and remove it without calling it lost, or switch its machine off first.',
        );
      await use.gate({ node: id, name, how: 'remove', lost });
      await use.remove(node, lost);
      return {};
    },
  });
}

import type { PluginContext } from '@containr/sdk';
import { listQuery, pageOf } from '@containr/sdk';
import type { RuntimeCatalogue } from './contract.ts';

const Runtime = {
  type: 'object',
  properties: {
    tool: { type: 'string' },
    version: { type: 'string' },
    image: { type: ['string', 'null'] },
    runImage: { type: ['string', 'null'] },
    toolchain: { type: ['string', 'null'] },
  },
  required: ['tool', 'version', 'image', 'runImage', 'toolchain'],
  additionalProperties: false,
} as const;

/** `GET /runtimes`: the catalogue that plans are made from. */
export function addRoutes(ctx: PluginContext<{ catalogueFile: string | null }>, catalogue: RuntimeCatalogue): void {
  const all = Object.entries(catalogue.runtimes).flatMap(([tool, entries]) =>
    entries.map((entry) => ({
      tool,
      version: entry.version,
      image: entry.image,
      runImage: entry.runImage,
      toolchain: entry.toolchain ? `${entry.toolchain.package}@${entry.toolchain.version}` : null,
    })),
  );
  ctx.http.route({
    method: 'GET',
    path: '/runtimes',
    summary: 'Languages and versions that can be built',
    permission: 'runtime:read',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(Runtime),
    handler: async ({ query }) => {
      const start = Number(query.cursor ?? 0) || 0;
      const found = all.filter((entry) => !query.search || `${entry.tool} ${entry.version}`.includes(query.search));
      const end = start + (query.limit ?? 50);
      return { items: found.slice(start, end), nextCursor: end < found.length ? String(end) : null };
    },
  });
}

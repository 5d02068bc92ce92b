import type { Infer, Migration, PluginContext } from '@containr/sdk';
import { defineSchema, Id, pageOf } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { HalfStatus } from '@containr/sdk/wire';
import type { Pool } from 'pg';

/** The table of how halves do, in the kernel's schema. */
export const halfMigrations: readonly Migration[] = [
  {
    name: 'agents-halves-0001',
    up: [
      `create table containr.node_halves (
        node uuid primary key references containr.nodes (id) on delete cascade,
        halves jsonb not null,
        told_at timestamptz not null default now()
      )`,
    ],
  },
];

const OnNode = defineSchema({
  type: 'object',
  properties: {
    node: Id,
    /** Name of the node. */
    name: { type: 'string' },
    /** Whether the node is heard from; of one that is not, this is what was told last. */
    reachable: { type: 'boolean' },
    ...HalfStatus.properties,
  },
  required: ['node', 'name', 'reachable', ...HalfStatus.required],
  additionalProperties: false,
});
type OnNode = Infer<typeof OnNode>;
const Rows = defineSchema({ type: 'array', items: OnNode });
const PluginPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
});

/** How the agent halves of plugins do on each node, as its agent told last. */
export class HalfStatuses {
  readonly #pool: Pool;
  readonly #changed: (node: string) => Promise<void>;

  /** `changed` is told when a node tells something new. */
  constructor(pool: Pool, changed: (node: string) => Promise<void>) {
    this.#pool = pool;
    this.#changed = changed;
  }

  /** Takes what an agent tells of its own node: all of its halves. */
  async told(node: string, halves: readonly HalfStatus[]): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `insert into containr.node_halves as known (node, halves) values ($1, $2)
       on conflict (node) do update set halves = excluded.halves, told_at = now()
         where known.halves is distinct from excluded.halves`,
      [node, JSON.stringify(halves)],
    );
    if (rowCount) await this.#changed(node);
  }

  /** One plugin's, by name of the node. */
  async of(plugin: string): Promise<OnNode[]> {
    const { rows } = await this.#pool.query(
      `select half || jsonb_build_object('node', n.id, 'name', n.name,
         'reachable', coalesce(n.last_seen_at > now() - interval '15 seconds', false)) as one
       from containr.node_halves h join containr.nodes n on n.id = h.node, jsonb_array_elements(h.halves) half
       where half ->> 'plugin' = $1 order by n.name, n.id`,
      [plugin],
    );
    return validate<OnNode[]>(
      Rows,
      rows.map((row: { one: unknown }) => row.one),
      'How halves do',
    );
  }
}

/** Registers `/plugins/{name}/nodes`. */
export function registerHalfRoutes(http: Pick<PluginContext['http'], 'route'>, statuses: Pick<HalfStatuses, 'of'>) {
  http.route({
    method: 'GET',
    path: '/plugins/{name}/nodes',
    permission: 'plugin:read',
    summary: 'How the agent half of a plugin does on each node',
    params: PluginPath,
    response: pageOf(OnNode),
    handler: async ({ params }) => ({ items: await statuses.of(params.name), nextCursor: null }),
  });
}

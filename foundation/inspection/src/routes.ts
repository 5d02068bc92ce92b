import type { PluginContext } from '@containr/sdk';
import { defineSchema, listQuery, pageOf } from '@containr/sdk';
import { Inspection } from '@containr/sdk/host';
import { outlets } from '@containr/sdk/ui';
import { ContributionPoint, contributionPoints } from './contribution-list.ts';
import type { Inspected } from './inspection.ts';
import { inspect } from './inspection.ts';
import type { Token } from './ledger.ts';
import { ownersOf } from './owners.ts';

const PluginPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
});

/** Where the routes look. */
export interface InspectionSource {
  /** Throws `NOT_FOUND`. */
  one(plugin: string): Inspected;
  all(): readonly Inspected[];
  /** What the kernel itself defines. */
  readonly own: readonly Token[];
}

/** Registers `/plugins/{name}/inspect` and `/contributions`. */
export function registerInspectionRoutes(http: PluginContext['http'], source: InspectionSource): void {
  http.route({
    method: 'GET',
    path: '/plugins/{name}/inspect',
    permission: 'plugin:read',
    summary: 'What a plugin owns, does and touches now',
    params: PluginPath,
    response: Inspection,
    handler: async ({ params }) => inspect(source.one(params.name), ownersOf([...source.all(), kernelOf(source)])),
  });
  http.route({
    method: 'GET',
    path: '/contributions',
    permission: 'plugin:read',
    summary: 'Hooks, services, events, jobs, capabilities, reports and outlets, with their types and who uses them',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(ContributionPoint),
    handler: async ({ query }) => {
      const wanted = (query.search ?? '').toLowerCase();
      const all = [...contributionPoints([...source.all(), kernelOf(source)]), ...outlets.map(outletPoint)];
      return {
        items: all.filter(({ name, type }) => `${type} ${name}`.toLowerCase().includes(wanted)),
        nextCursor: null,
      };
    },
  });
}

function kernelOf({ own }: InspectionSource) {
  return { plugin: 'kernel', noted: own.map((token) => ({ role: 'defines' as const, token })) };
}

/** Browser halves say only in the browser what they add, so nobody is named here. */
function outletPoint({ name, summary, fields }: (typeof outlets)[number]): ContributionPoint {
  const shapes = [{ of: 'contribution', shape: fields }];
  return { type: 'outlet', name, kind: null, plugin: null, summary, permission: null, shapes, usedBy: [] };
}

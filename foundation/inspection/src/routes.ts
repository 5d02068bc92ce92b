import type { PluginContext } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Inspected } from './inspection.ts';
import { inspect, Inspection } from './inspection.ts';
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
}

/** Registers `/plugins/{name}/inspect`. */
export function registerInspectionRoutes(http: PluginContext['http'], source: InspectionSource): void {
  http.route({
    method: 'GET',
    path: '/plugins/{name}/inspect',
    permission: 'plugin:read',
    summary: 'What a plugin owns, does and touches now',
    params: PluginPath,
    response: Inspection,
    handler: async ({ params }) => inspect(source.one(params.name), ownersOf(source.all())),
  });
}

import { notFound } from '@containr/sdk';
import type { ServiceSpec } from '@containr/plugin-projects/contract';
import type { Life, World } from '@containr/testing/simulation';
import type { Road } from '../../src/engine/road.ts';

/** One service of the world. */
export interface SimulatedService {
  readonly id: string;
  readonly organisation: string;
  readonly kind: string;
  readonly spec: ServiceSpec;
}

/** The services that there are. */
export class SimulatedProjects {
  readonly services: SimulatedService[] = [];

  /** The contract as the engine calls it. */
  client(world: World, life: Life): Road['projects'] {
    const find = (id: string): SimulatedService => {
      const service = this.services.find((one) => one.id === id);
      if (!service) throw notFound('service');
      return service;
    };
    return {
      paths: async ({ services }) => {
        await world.turn(life, 'paths');
        return {
          paths: services.map(find).map((service) => ({
            organisation: service.organisation,
            organisationSlug: 'default',
            project: service.id,
            projectSlug: 'shop',
            environment: service.id,
            environmentSlug: 'production',
            service: service.id,
            serviceSlug: 'web',
            kind: service.kind,
            revision: 1,
          })),
        };
      },
      find: async () => ({ path: null }),
      sibling: async () => ({ environment: 'production', slug: 'web', path: null }),
      frozen: async () => ({ frozen: null }),
      spec: async ({ service }) => ({ revision: 1, spec: structuredClone(find(service).spec) }),
      compareVariables: async () => ({ changes: [] }),
      variables: async () => {
        await world.turn(life, 'variables');
        return { variables: {}, build: {}, secretNames: [] };
      },
    };
  }
}

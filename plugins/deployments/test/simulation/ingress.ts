import { ContainrError } from '@containr/sdk';
import type { Upstream } from '@containr/sdk/contracts';
import type { Life, World } from '@containr/testing/simulation';
import type { Road } from '../../src/engine/road.ts';

/** Where the requests of a service go. */
export interface SimulatedRoute {
  readonly deployment: string | null;
  readonly upstreams: readonly Upstream[];
}

/** The ingress and its table; both outlive control planes. */
export class SimulatedIngress {
  readonly routes = new Map<string, SimulatedRoute>();
  /** While false, no switch is taken. */
  up = true;
  #revision = 0;

  /** The contract as the engine calls it; a switch may be done although its caller never hears of it. */
  client(world: World, life: Life): Road['routes'] {
    const down = (): ContainrError =>
      new ContainrError({ code: 'INGRESS_UNREACHABLE', status: 503, detail: 'The ingress does not answer.' });
    return {
      switchTo: async ({ service, deployment, upstreams }) => {
        await world.turn(life, 'switch');
        if (!this.up) throw down();
        this.#revision += 1;
        this.routes.set(service, { deployment, upstreams: structuredClone(upstreams) });
        world.tell(`routes of ${service.slice(-4)} > ${deployment?.slice(-4) ?? 'nothing'} (${upstreams.length})`);
        await world.turn(life, 'switched');
        if (!this.up) throw down();
        return { revision: this.#revision };
      },
      hold: async () => ({ revision: this.#revision }),
      inFlight: async () => {
        await world.turn(life, 'in flight');
        return { inFlight: world.chance() < 0.2 ? { some: 1 } : {} };
      },
      current: async ({ services }) => ({
        deployments: Object.fromEntries(services.map((one) => [one, this.routes.get(one)?.deployment ?? null])),
      }),
      urls: async () => ({ urls: {} }),
    };
  }
}

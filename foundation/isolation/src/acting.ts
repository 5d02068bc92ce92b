import type { Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Actor } from './protocol.ts';

/** For whom a plugin's process may act now: the principals of requests that are in flight in it, by number. */
export class Acting {
  readonly #plugin: (organisation: string | null) => Principal;
  readonly #inFlight = new Map<number, Principal>();
  #last = 0;

  /** `plugin` gives the plugin's own principal. */
  constructor(plugin: (organisation: string | null) => Principal) {
    this.#plugin = plugin;
  }

  /** How many are in flight. */
  get count(): number {
    return this.#inFlight.size;
  }

  /** A request goes in. */
  enter(principal: Principal): number {
    this.#last += 1;
    this.#inFlight.set(this.#last, principal);
    return this.#last;
  }

  /** A request is answered. */
  leave(request: number): void {
    this.#inFlight.delete(request);
  }

  /** Who really acts. Throws `PRINCIPAL_NOT_IN_FLIGHT` for a request that is over or never was. */
  principalOf(actor: Actor): Principal {
    if ('organisation' in actor) return this.#plugin(actor.organisation);
    const principal = this.#inFlight.get(actor.request);
    if (principal) return principal;
    throw new ContainrError({
      code: 'PRINCIPAL_NOT_IN_FLIGHT',
      status: 403,
      detail: `The request ${actor.request} is not answered right now, so nothing can be done for its principal.`,
      hint: 'Act for a principal while its request runs, and as the plugin itself afterwards.',
    });
  }
}

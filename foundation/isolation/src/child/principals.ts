import type { Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Actor } from '../protocol.ts';

const requests = new WeakMap<Principal, number>();

/** Remembers with which request a principal came. */
export function ofRequest(principal: Principal, request: number): Principal {
  requests.set(principal, request);
  return principal;
}

/** How a principal is named to the host, which knows who it really is. Throws `PRINCIPAL_FORGED` for one that was made here. */
export function actorOf(principal: Principal, plugin: string): Actor {
  const request = requests.get(principal);
  if (request !== undefined) return { request };
  if (principal.kind === 'plugin' && principal.id === plugin) return { organisation: principal.organisation };
  throw new ContainrError({
    code: 'PRINCIPAL_FORGED',
    status: 403,
    detail: 'An isolated plugin acts as itself, or as the principal of a request that it answers right now.',
    hint: 'Pass request.principal on as it came, or ctx.principal(organisation).',
  });
}

import type { Client, Contract, Methods, Principal } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { Identity } from '@containr/sdk/contracts';
import { bearerPrefix } from '@containr/agent-gateway';
import type { Authenticate, RequestContext } from '@containr/http';

type Found = ReturnType<Authenticate>;

const agentAuthorization = `Bearer ${bearerPrefix}`;

/** The kernel itself, when it asks plugins. */
export const systemPrincipal: Principal = {
  kind: 'system',
  id: 'kernel',
  name: 'kernel',
  organisation: null,
  permissions: ['*'],
  via: 'internal',
};

/** Whoever can open the owner-only socket in the data folder. */
export const consolePrincipal: Principal = {
  kind: 'console',
  id: 'console',
  name: 'console',
  organisation: null,
  permissions: ['*', 'agent:act'],
  via: 'socket',
};

/** Finds out who asks: the console by its socket, agents by the bearer they were given, everyone else through {@link Identity}. */
export function identifier(use: {
  services: { get<M extends Methods>(contract: Contract<M>): Client<M> };
  agent(bearer: string): Promise<Principal | null> | null;
}): Authenticate {
  const identity = use.services.get(Identity);
  const call = { principal: systemPrincipal };

  async function asConsole(slug: string | undefined): Found {
    if (slug === undefined) return { principal: consolePrincipal };
    const { id } = await identity.organisation({ slug }, call);
    if (id === null) throw notFound('organisation');
    return { principal: { ...consolePrincipal, organisation: id } };
  }

  async function asAgent(bearer: string, request: RequestContext): Found {
    const principal = await use.agent(bearer);
    return principal ? { principal } : asAccount(request);
  }

  function asAccount({ headers, cookies, ip }: RequestContext): Found {
    const { authorization = null, 'containr-organisation': organisation = null } = headers;
    return identity.authenticate({ authorization, cookies, organisation, address: ip }, call);
  }

  return (request) => {
    const { authorization, 'containr-organisation': slug } = request.headers;
    if (request.console) return asConsole(slug);
    if (authorization?.startsWith(agentAuthorization)) return asAgent(authorization.slice('Bearer '.length), request);
    return asAccount(request);
  };
}

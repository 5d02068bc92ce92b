import type { Access, Principal } from '@containr/sdk';
import { anonymous, can, ContainrError } from '@containr/sdk';
import type { RequestContext } from './request-context.ts';

/** Finds out who asks; `null` when what is offered proves nothing. */
export type Authenticate = (request: RequestContext) => Promise<Principal | null>;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sets the request's principal and refuses who may not pass: 401 `UNAUTHENTICATED`, 403 `FORBIDDEN` or `CROSS_SITE`. */
export async function admit(request: RequestContext, method: string, access: Access, authenticate: Authenticate): Promise<void> {
  request.principal = await identify(request, access, authenticate);
  if (access.permission !== undefined && !can(request.principal, access.permission)) throw forbidden(access.permission);
  if (!safeMethods.has(method)) checkSite(request);
}

async function identify(request: RequestContext, access: Access, authenticate: Authenticate): Promise<Principal> {
  const offers = request.console || request.headers['authorization'] !== undefined || request.headers['cookie'] !== undefined;
  if (!offers) {
    if (access.public) return anonymous;
    throw unauthenticated('This needs you to be signed in.');
  }
  try {
    const principal = await authenticate(request);
    if (principal) return principal;
  } catch (error) {
    if (!access.public) throw error;
    return anonymous;
  }
  if (access.public) return anonymous;
  throw unauthenticated('The session or token is not valid, or it has ended.');
}

/** 401. */
export function unauthenticated(detail: string): ContainrError {
  return new ContainrError({ code: 'UNAUTHENTICATED', status: 401, detail, hint: 'Sign in, or send an API token as "Authorization: Bearer …".' });
}

function forbidden(permission: string): ContainrError {
  return new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: `This needs the permission "${permission}", which you don't have.`,
    hint: 'Ask an owner of the organisation for it.',
  });
}

/** A browser acts for whoever is signed in, so what changes state must come from our own pages. */
function checkSite(request: RequestContext): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && request.principal.via !== 'bearer') {
    if (site === 'same-origin' || site === 'none') return;
    throw crossSite();
  }
  if (request.principal.via === 'cookie' && request.headers['origin'] !== request.origin) throw crossSite();
}

/** A WebSocket is opened by any page that asks: a browser names its page, and it has to be ours. */
export function checkSocketOrigin(request: RequestContext): void {
  const { origin } = request.headers;
  if (origin === undefined ? request.principal.via === 'cookie' : origin !== request.origin) throw crossSite();
}

function crossSite(): ContainrError {
  return new ContainrError({
    code: 'CROSS_SITE',
    status: 403,
    detail: 'A page of another site asked for this with your session.',
    hint: 'Do it in the dashboard, or use an API token.',
  });
}

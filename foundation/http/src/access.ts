import type { Access, Principal } from '@containr/sdk';
import { can, ContainrError } from '@containr/sdk';
import type { RequestContext } from './request-context.ts';

/** Finds out who asks; `null` when what is offered proves nothing. */
export type Authenticate = (request: RequestContext) => Promise<Principal | null>;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sets the request's principal, anonymous until then, and refuses who may not pass: 401 `UNAUTHENTICATED`, 403 `FORBIDDEN` or `CROSS_SITE`. */
export function admit(
  request: RequestContext,
  method: string,
  access: Access,
  authenticate: Authenticate,
  done: (error?: Error) => void,
): void {
  if (!request.offersProof) {
    done(access.public ? refusal(request, method, access) : unauthenticated('This needs you to be signed in.'));
    return;
  }
  authenticate(request).then(
    (principal) => {
      if (principal) request.principal = principal;
      if (principal || access.public) done(refusal(request, method, access));
      else done(unauthenticated('The session or token is not valid, or it has ended.'));
    },
    (error: Error) => done(access.public ? refusal(request, method, access) : error),
  );
}

function refusal(request: RequestContext, method: string, access: Access): Error | undefined {
  if (access.permission !== undefined && !can(request.principal, access.permission))
    return forbidden(access.permission);
  return safeMethods.has(method) || isSameSite(request) ? undefined : crossSite();
}

/** 401. */
export function unauthenticated(detail: string): ContainrError {
  return new ContainrError({
    code: 'UNAUTHENTICATED',
    status: 401,
    detail,
    hint: 'Sign in, or send an API token as "Authorization: Bearer …".',
  });
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
function isSameSite(request: RequestContext): boolean {
  if (request.fromAllowedPage) return true;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && request.principal.via !== 'bearer') return site === 'same-origin' || site === 'none';
  return request.principal.via !== 'cookie' || request.headers['origin'] === request.origin;
}

/** A WebSocket is opened by any page that asks: a browser names its page, and it has to be ours. */
export function socketRefusal(request: RequestContext): Error | undefined {
  if (request.fromAllowedPage) return undefined;
  const { origin } = request.headers;
  return (origin === undefined ? request.principal.via === 'cookie' : origin !== request.origin)
    ? crossSite()
    : undefined;
}

function crossSite(): ContainrError {
  return new ContainrError({
    code: 'CROSS_SITE',
    status: 403,
    detail: 'A page of another site asked for this with your session.',
    hint: 'Do it in the dashboard, or use an API token.',
  });
}

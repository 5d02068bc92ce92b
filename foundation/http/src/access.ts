import type { Access, Principal } from '@containr/sdk';
import { can } from '@containr/sdk';
import { errors } from './errors.ts';
import type { RequestContext } from './request-context.ts';

/** Finds out who asks; `null` when what is offered proves nothing. What {@link Identity} answers passes through as it is. */
export type Authenticate = (request: RequestContext) => Promise<{ readonly principal: Principal | null }>;

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
    done(access.public ? refusal(request, method, access) : errors.UNAUTHENTICATED('This needs you to be signed in.'));
    return;
  }
  authenticate(request).then(
    ({ principal }) => {
      if (principal) request.principal = principal;
      if (principal || access.public) done(refusal(request, method, access));
      else done(errors.UNAUTHENTICATED('The session or token is not valid, or it has ended.'));
    },
    (error: Error) => done(access.public ? refusal(request, method, access) : error),
  );
}

function refusal(request: RequestContext, method: string, access: Access): Error | undefined {
  if (access.permission !== undefined && !can(request.principal, access.permission))
    return errors.FORBIDDEN(access.permission);
  return safeMethods.has(method) || isSameSite(request) ? undefined : errors.CROSS_SITE();
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
    ? errors.CROSS_SITE()
    : undefined;
}

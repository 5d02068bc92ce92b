import type { Access, Principal } from '@containr/sdk';
import { can } from '@containr/sdk';
import type { Authenticate } from './access.ts';
import { toContainrError } from './problem.ts';
import type { RequestContext } from './request-context.ts';

const lookMs = 5000;

/** Asks again whether what opened something still proves what it proved then. */
export type StillHolds = () => Promise<boolean>;

/** Makes that question for a request that was let in; one that could not be answered now is no reason to end anything. */
export function stillHolds(request: RequestContext, access: Access, authenticate: Authenticate): StillHolds {
  const opened = request.principal;
  return async () => {
    if (!request.offersProof || opened.kind === 'console') return true;
    try {
      const { principal } = await authenticate(request);
      if (!principal) return opened.kind === 'anonymous';
      return isSame(principal, opened) && (access.permission === undefined || can(principal, access.permission));
    } catch (error) {
      return toContainrError(error).status >= 500;
    }
  };
}

/** Ends what stays open soon after a token was revoked, a session ended, or rights changed. Returns how to stop looking. */
export function watchProof(holds: StillHolds, end: () => void): () => void {
  const timer = setInterval(() => {
    void holds().then((held) => {
      if (held) return;
      clearInterval(timer);
      end();
    });
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

function isSame(one: Principal, other: Principal): boolean {
  const sign = ({ kind, id, organisation, permissions }: Principal): string =>
    JSON.stringify([kind, id, organisation, [...permissions].sort()]);
  return sign(one) === sign(other);
}

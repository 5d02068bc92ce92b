import type { StatusName } from '@containr/ui-kit';

/** A domain as the API shows it. */
export interface Domain {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly kind: 'generated' | 'custom';
  readonly url: string;
  readonly redirectTo: string | null;
  readonly https: 'redirect' | 'both';
  readonly users: readonly string[];
  readonly ownership: {
    readonly state: 'pending' | 'verified';
    readonly problem: string | null;
    readonly nextCheckAt: string | null;
    readonly record: { readonly type: string; readonly name: string; readonly value: string };
  } | null;
  readonly certificate: {
    readonly source: 'acme' | 'own';
    readonly state: 'waiting' | 'issuing' | 'valid' | 'failed' | 'expired';
    readonly issuer: string | null;
    readonly expiresAt: string | null;
    readonly problem: string | null;
    readonly hint: string | null;
  } | null;
  readonly createdAt: string;
}

/** A state as icon and word. */
export interface Shown {
  readonly name: StatusName;
  readonly word: string;
}

/** What visitors of a domain meet now, in one word. */
export function domainState(domain: Domain): Shown {
  if (domain.ownership?.state === 'pending') return { name: 'queued', word: 'Waiting for DNS' };
  const { certificate } = domain;
  if (certificate === null) return { name: 'live', word: 'HTTP only' };
  if (certificate.state === 'valid')
    return certificate.problem === null ? { name: 'live', word: 'HTTPS' } : { name: 'warning', word: 'Not renewed' };
  if (certificate.state === 'expired') return { name: 'failed', word: 'Certificate expired' };
  if (certificate.state === 'failed') return { name: 'warning', word: 'No certificate' };
  return { name: 'running', word: 'Getting a certificate' };
}

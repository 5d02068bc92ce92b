import type { Infer } from '@containr/sdk';
import { defineSchema, Id, OptionalTimestamp, Timestamp } from '@containr/sdk';
import { RouteHeader } from '@containr/sdk/contracts';
import type { Certificate } from '../entities/certificate.entity.ts';
import type { Domain } from '../entities/domain.entity.ts';
import type { Host } from '../entities/host.entity.ts';
import type { Name } from '../entities/name.entity.ts';
import { hostsOf, urlOf } from '../host-names.ts';
import type { Settings } from '../settings.ts';
import { proofText, recordName } from './prove.ts';

const OptionalText = { anyOf: [{ type: 'string' }, { type: 'null' }] } as const;

const Ownership = defineSchema({
  type: 'object',
  properties: {
    state: { type: 'string', enum: ['pending', 'verified'] },
    proof: { anyOf: [{ type: 'string', enum: ['dns', 'http', 'trust'] }, { type: 'null' }] },
    verifiedAt: OptionalTimestamp,
    checkedAt: OptionalTimestamp,
    nextCheckAt: OptionalTimestamp,
    /** Why it is not verified, one sentence. */
    problem: OptionalText,
    /** The DNS record that proves it. */
    record: {
      type: 'object',
      properties: { type: { type: 'string' }, name: { type: 'string' }, value: { type: 'string' } },
      required: ['type', 'name', 'value'],
      additionalProperties: false,
    },
  },
  required: ['state', 'proof', 'verifiedAt', 'checkedAt', 'nextCheckAt', 'problem', 'record'],
  additionalProperties: false,
});

/** State of a certificate: what a visitor meets. */
const CertificateState = defineSchema({
  type: 'object',
  properties: {
    source: { type: 'string', enum: ['acme', 'own'] },
    state: { type: 'string', enum: ['waiting', 'issuing', 'valid', 'failed', 'expired'] },
    issuer: OptionalText,
    expiresAt: OptionalTimestamp,
    problem: OptionalText,
    hint: OptionalText,
    nextTryAt: OptionalTimestamp,
  },
  required: ['source', 'state', 'issuer', 'expiresAt', 'problem', 'hint', 'nextTryAt'],
  additionalProperties: false,
});

/** A name that a service answers at. */
export const DomainDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    service: Id,
    host: { type: 'string' },
    path: { type: 'string' },
    kind: { type: 'string', enum: ['generated', 'custom'] },
    url: { type: 'string' },
    redirectTo: OptionalText,
    https: { type: 'string', enum: ['redirect', 'both'] },
    headers: { type: 'array', items: RouteHeader },
    /** Names of who may pass; empty: everybody. */
    users: { type: 'array', items: { type: 'string' } },
    /** `null` for a generated name, which needs none. */
    ownership: { anyOf: [Ownership, { type: 'null' }] },
    certificate: { anyOf: [CertificateState, { type: 'null' }] },
    createdAt: Timestamp,
  },
  required: [
    'id',
    'service',
    'host',
    'path',
    'kind',
    'url',
    'redirectTo',
    'https',
    'headers',
    'users',
    'ownership',
    'certificate',
    'createdAt',
  ],
  additionalProperties: false,
});
export type DomainDocument = Infer<typeof DomainDocument>;

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

function certificateState(row: Certificate, now: Date): Infer<typeof CertificateState> {
  const isExpired = row.notAfter !== null && row.notAfter <= now;
  return {
    source: row.source,
    state: isExpired ? 'expired' : row.state,
    issuer: row.issuer,
    expiresAt: iso(row.notAfter),
    problem: row.problem,
    hint: row.hint,
    nextTryAt: iso(row.nextTryAt),
  };
}

/** Address of a custom domain as people open it. */
export function customUrl(
  domain: Pick<Domain, 'path'>,
  host: string,
  isCertified: boolean,
  settings: Settings,
): string {
  const path = domain.path === '/' ? '' : domain.path.slice(0, -1);
  if (!isCertified || settings.tlsPort === null) return `${urlOf(host, settings)}${path}`;
  return `https://${host}${settings.tlsPort === 443 ? '' : `:${settings.tlsPort}`}${path}`;
}

/** A custom domain as it is shown. */
export function showDomain(
  domain: Domain,
  host: Host,
  certificate: Certificate | undefined,
  settings: Settings,
  now: Date,
): DomainDocument {
  const isCertified = typeof certificate?.chain === 'string';
  return {
    id: domain.id,
    service: domain.service,
    host: host.host,
    path: domain.path,
    kind: 'custom',
    url: customUrl(domain, host.host, isCertified, settings),
    redirectTo: domain.redirectTo,
    https: domain.https,
    headers: domain.headers,
    users: domain.users.map(({ name }) => name),
    ownership: {
      state: host.verifiedAt === null ? 'pending' : 'verified',
      proof: host.proof,
      verifiedAt: iso(host.verifiedAt),
      checkedAt: iso(host.checkedAt),
      nextCheckAt: iso(host.nextCheckAt),
      problem: host.problem,
      record: { type: 'TXT', name: recordName(host.host), value: proofText(host.token) },
    },
    certificate: certificate ? certificateState(certificate, now) : null,
    createdAt: domain.createdAt.toISOString(),
  };
}

/** A generated name as it is shown. */
export function showName(name: Name, settings: Settings): DomainDocument {
  const [host] = hostsOf(name.label, settings);
  return {
    id: name.id,
    service: name.service,
    host,
    path: '/',
    kind: 'generated',
    url: urlOf(host, settings),
    redirectTo: null,
    https: 'both',
    headers: [],
    users: [],
    ownership: null,
    certificate: null,
    createdAt: name.createdAt.toISOString(),
  };
}

import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { CertificateSet, HostCertificate } from '@containr/sdk/contracts';
import { noCertificates } from '@containr/sdk/ingress';
import { wildcardOf } from './table.ts';

interface Kept {
  readonly source: HostCertificate;
  context: SecureContext | undefined;
}

/** Certificates by host name, made ready when a first connection asks for them. */
export class Certificates {
  #document = noCertificates;
  #kept = new Map<string, Kept>();

  /** Revision of the set that is followed. */
  get revision(): number {
    return this.#document.revision;
  }

  /** Follows a set; what did not change keeps what was made ready. */
  follow(document: CertificateSet): void {
    const next = new Map<string, Kept>();
    for (const source of document.certificates) {
      const before = this.#kept.get(source.host);
      const same = before?.source.chain === source.chain && before.source.key === source.key;
      next.set(source.host, same ? before : { source, context: undefined });
    }
    this.#document = document;
    this.#kept = next;
  }

  /** Name of the certificate that a host is answered with: its own or that of its wildcard. */
  nameFor(host: string): string | undefined {
    if (this.#kept.has(host)) return host;
    const wildcard = wildcardOf(host);
    return this.#kept.has(wildcard) ? wildcard : undefined;
  }

  /** What a connection to a host is secured with; `undefined`: there is no certificate. Throws when it can't be read. */
  contextFor(host: string): SecureContext | undefined {
    const kept = this.#kept.get(this.nameFor(host) ?? '');
    if (!kept) return undefined;
    kept.context ??= createSecureContext({ cert: kept.source.chain, key: kept.source.key, minVersion: 'TLSv1.2' });
    return kept.context;
  }
}

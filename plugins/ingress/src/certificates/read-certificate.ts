import { createPrivateKey, X509Certificate } from 'node:crypto';
import { invalid } from '@containr/sdk';

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Name of who issued it. */
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function partOf(distinguishedName: string, attribute: string): string | undefined {
  return distinguishedName
    .split('\n')
    .find((line) => line.startsWith(`${attribute}=`))
    ?.slice(attribute.length + 1);
}

/** Reads the first certificate of a PEM chain. Throws what Node says when there is none. */
export function factsOf(chain: string): CertificateFacts {
  const leaf = new X509Certificate(chain);
  return {
    issuer: partOf(leaf.issuer, 'O') ?? partOf(leaf.issuer, 'CN') ?? leaf.issuer.replaceAll('\n', ', '),
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
  };
}

function refused(field: 'chain' | 'key', message: string, hint: string): never {
  throw invalid(message, [{ path: `/${field}`, message }], hint);
}

function leafOf(chain: string): X509Certificate {
  try {
    return new X509Certificate(chain);
  } catch {
    return refused(
      'chain',
      'The chain is no certificate in PEM.',
      'Give the certificate first, then those that signed it.',
    );
  }
}

function keyOf(key: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(key);
  } catch {
    return refused(
      'key',
      'The key is no private key in PEM, or it has a passphrase.',
      'Give the key without passphrase.',
    );
  }
}

/** Checks a certificate that somebody brings: it is for the host, of the key, and valid at `now`. Throws `INVALID`. */
export function requireFitting(host: string, chain: string, key: string, now: Date): CertificateFacts {
  const leaf = leafOf(chain);
  if (!leaf.checkPrivateKey(keyOf(key)))
    refused(
      'key',
      'The key is not the one of the certificate.',
      'Give the key that the certificate was requested with.',
    );
  const asked = host.startsWith('*.') ? `any${host.slice(1)}` : host;
  if (leaf.checkHost(asked) === undefined)
    refused('chain', `The certificate is not for ${host}.`, `It is for ${leaf.subjectAltName ?? 'no name'}.`);
  const facts = factsOf(chain);
  if (facts.notAfter <= now) refused('chain', 'The certificate has expired.', 'Ask its authority for a new one.');
  return facts;
}

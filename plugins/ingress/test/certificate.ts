import type { HostCertificate } from '@containr/sdk/contracts';
import { generate } from 'selfsigned';

/** A self-signed certificate of a host. */
export async function certificateOf(host: string, days = 30): Promise<HostCertificate> {
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + days * 24 * 3600_000),
    notBeforeDate: new Date(Date.now() - 24 * 3600_000 - Math.max(0, -days) * 24 * 3600_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  return { host, chain: made.cert, key: made.private };
}

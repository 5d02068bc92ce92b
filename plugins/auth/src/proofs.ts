import { hash, timingSafeEqual } from 'node:crypto';
import type { Random } from '@containr/sdk';

/** First letters of every API token, so that scanners of leaked secrets know it. */
export const tokenPrefix = 'ctr_';

/** A secret of 256 random bits, safe in URLs. */
export function newSecret(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url');
}

/** How a secret is kept: it is random enough that a fast hash does. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Compares two hashes without telling by time where they differ. */
export function sameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

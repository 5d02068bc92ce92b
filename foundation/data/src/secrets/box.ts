import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM: a fresh nonce, the tag, then the content, in base64url. `bound` has to be the same to open it. */
export function lock(key: Uint8Array, bound: readonly string[], content: Uint8Array): string {
  const iv = randomBytes(ivBytes);
  const sealer = createCipheriv(cipher, key, iv).setAAD(Buffer.from(JSON.stringify(bound)));
  const body = Buffer.concat([sealer.update(content), sealer.final()]);
  return Buffer.concat([iv, sealer.getAuthTag(), body]).toString('base64url');
}

/** Opens what {@link lock} made; throws when anything about it was changed. */
export function unlock(key: Uint8Array, bound: readonly string[], box: string): Buffer {
  const bytes = Buffer.from(box, 'base64url');
  // Other texts stand for the same bytes; only the one that was written counts.
  if (bytes.toString('base64url') !== box) throw new Error('it is not written as it was made');
  const opener = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
  opener.setAAD(Buffer.from(JSON.stringify(bound))).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([opener.update(bytes.subarray(ivBytes + tagBytes)), opener.final()]);
}

import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';

/** How a control plane proves who it is: its public key (Ed25519, SPKI in base64) and a signature of a fresh nonce. */
export const ControlProof = defineSchema({
  type: 'object',
  properties: { key: { type: 'string', maxLength: 200 }, signature: { type: 'string', maxLength: 200 } },
  required: ['key', 'signature'],
  additionalProperties: false,
});
export type ControlProof = Infer<typeof ControlProof>;

/** A nonce of an agent's. */
export const Challenge = defineSchema({ type: 'string', pattern: '^[A-Za-z0-9_-]{32,100}$' });

/** The text that a control plane signs to prove its key. */
export function controlProofText(nonce: string): Buffer {
  return Buffer.from(`containr control plane\n${nonce}`);
}

/** What an agent remembers of a control plane's public key: its SHA-256, in hex. */
export function pinOf(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex');
}

/** Whether a proof is of the pinned key and of this nonce. */
export function provesControl(proof: ControlProof, nonce: string, pin: string): boolean {
  if (pinOf(proof.key) !== pin) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(proof.key, 'base64'), format: 'der', type: 'spki' });
    return verify(null, controlProofText(nonce), key, Buffer.from(proof.signature, 'base64'));
  } catch {
    return false;
  }
}

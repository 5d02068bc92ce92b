import { ContainrError } from '../errors.ts';
import { validate } from '../host/validate.ts';
import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';

const prefix = 'ctrj_';
const Parts = defineSchema({
  type: 'object',
  properties: {
    /** Address of the control plane, `http://host:port`. */
    control: { type: 'string', pattern: '^https?://[^/?#]+$', maxLength: 300 },
    /** SHA-256 of its public key, in hex. */
    pin: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    /** One-time enrolment token. */
    token: { type: 'string', minLength: 1, maxLength: 200 },
  },
  required: ['control', 'pin', 'token'],
  additionalProperties: false,
});
/** What a machine needs to join: where to go, whom to meet there, and the right to come in once. */
export type JoinToken = Infer<typeof Parts>;

/** One word with all of it, to be copied to the machine that joins. */
export function writeJoinToken(parts: JoinToken): string {
  return prefix + Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Reads it. Throws `JOIN_TOKEN_INVALID`. */
export function readJoinToken(text: string): JoinToken {
  try {
    if (!text.startsWith(prefix)) throw new Error('it begins otherwise');
    const parts: unknown = JSON.parse(Buffer.from(text.slice(prefix.length), 'base64url').toString('utf8'));
    return validate<JoinToken>(Parts, parts, 'The join token');
  } catch (cause) {
    throw new ContainrError({
      code: 'JOIN_TOKEN_INVALID',
      status: 422,
      detail: `This is no join token: a whole one begins with ${prefix} and is one long word.`,
      hint: 'Copy it again from the nodes page, or make one with `containr node token`.',
      cause,
    });
  }
}

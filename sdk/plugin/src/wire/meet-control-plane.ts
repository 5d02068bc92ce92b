import { randomBytes } from 'node:crypto';
import { ContainrError } from '../errors.ts';
import { validate } from '../host/validate.ts';
import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { ControlProof, provesControl } from './control-proof.ts';

/** Answer of `GET /api/v1/agents/identity?nonce=…`. */
export const ControlIdentity = defineSchema({
  type: 'object',
  properties: { install: { type: 'string' }, proof: ControlProof },
  required: ['install', 'proof'],
  additionalProperties: false,
});

const meetMs = 10_000;

/** A nonce for a control plane to sign. */
export function newChallenge(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Makes sure, before anything secret is sent, that the one who answers at an address has the pinned key. Throws
 * `CONTROL_PLANE_UNREACHABLE`, or `CONTROL_PLANE_OTHER` when it is somebody else.
 */
export async function meetControlPlane(control: string, pin: string, signal: AbortSignal): Promise<void> {
  const nonce = newChallenge();
  const answer = await ask(`${control}/api/v1/agents/identity?nonce=${nonce}`, control, signal);
  if (answer.status >= 500) throw unreachable(control, `it answers with status ${answer.status}`);
  const proof = await proofIn(answer);
  if (proof !== null && provesControl(proof, nonce, pin)) return;
  throw new ContainrError({
    code: 'CONTROL_PLANE_OTHER',
    status: 409,
    detail:
      proof === null
        ? `What answers at ${control} is no Containr control plane that machines can join.`
        : `The control plane at ${control} is not the one that this machine is to join: its key is another one.`,
    hint: 'Check the address, and make a new token there; nothing was sent to it.',
  });
}

async function ask(url: string, control: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(meetMs)]) });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(control, reasonOf(error), error);
  }
}

async function proofIn(answer: Response): Promise<ControlProof | null> {
  try {
    return validate<Infer<typeof ControlIdentity>>(ControlIdentity, await answer.json(), 'The identity').proof;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

function unreachable(control: string, reason: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'CONTROL_PLANE_UNREACHABLE',
    status: 503,
    detail: `The control plane at ${control} can’t be reached: ${reason}.`,
    hint: 'See whether it runs, listens on that address (`--host`), and whether a firewall lets this machine through.',
    cause,
  });
}

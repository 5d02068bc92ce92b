import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import type { PlatformHttp } from '@containr/sdk/host';
import { defineSchema, invalid, reply, Timestamp } from '@containr/sdk';
import { Challenge, ControlIdentity, EnrolRequest, Enrolled, writeJoinToken } from '@containr/sdk/wire';
import type { HalfShelf } from './halves.ts';
import type { InstallKey } from './install-key.ts';
import type { NodeStore } from './node-store.ts';

const hourMs = 3_600_000;
const IdentityQuery = defineSchema({
  type: 'object',
  properties: { nonce: Challenge },
  required: ['nonce'],
  additionalProperties: false,
});
const TokenOrder = defineSchema({
  type: 'object',
  properties: {
    /** Where the machine that joins reaches the control plane; the address of this request when left out. */
    control: { type: 'string', format: 'http-url', pattern: '^https?://[^/?#]+$', maxLength: 300 },
    validMs: { type: 'integer', minimum: 60_000, maximum: 86_400_000, default: hourMs },
  },
  additionalProperties: false,
});
const NewToken = defineSchema({
  type: 'object',
  properties: {
    /** The right to enrol once; shown now and never again. */
    token: { type: 'string' },
    /** The same with address and pin, for `containr node join`. */
    join: { type: 'string' },
    control: { type: 'string' },
    /** SHA-256 of the control plane's public key. */
    pin: { type: 'string' },
    /** Only agents on the control plane's own machine reach that address. */
    onlyHere: { type: 'boolean' },
    expiresAt: Timestamp,
  },
  required: ['token', 'join', 'control', 'pin', 'onlyHere', 'expiresAt'],
  additionalProperties: false,
});

/** Routes by which machines join, and by which agents fetch what they run. */
export function registerJoinRoutes(
  http: Pick<PlatformHttp, 'route' | 'plain'>,
  use: {
    store: NodeStore;
    shelf: HalfShelf;
    key: InstallKey;
    install: string;
    changed(node: string): Promise<void>;
  },
): void {
  const { store, shelf, key, install } = use;

  http.route({
    method: 'POST',
    path: '/nodes/tokens',
    permission: 'node:manage',
    summary: 'Makes a one-time token by which a machine joins',
    body: TokenOrder,
    response: NewToken,
    handler: async ({ body, origin }) => {
      const control = body.control ?? origin;
      const pin = await key.pin();
      const { token, expiresAt } = await store.createToken(body.validMs ?? hourMs);
      const join = writeJoinToken({ control, pin, token });
      const onlyHere = isLoopback(new URL(control).hostname);
      return reply({
        status: 201,
        body: { token, join, control, pin, onlyHere, expiresAt: expiresAt.toISOString() },
      });
    },
  });
  http.route({
    method: 'GET',
    path: '/agents/identity',
    public: true,
    summary: 'Proves to an agent which control plane this is',
    query: IdentityQuery,
    response: ControlIdentity,
    handler: async ({ query }) => ({ install, proof: await key.prove(query.nonce) }),
  });
  http.route<true, true, typeof EnrolRequest, typeof Enrolled>({
    method: 'POST',
    path: '/agents/enrol',
    public: true,
    summary: 'Enrols a node with a one-time token',
    body: EnrolRequest,
    response: Enrolled,
    status: 201,
    handler: async ({ body }) => {
      if (!isEd25519(body.publicKey))
        throw invalid('The public key is not an Ed25519 key.', [
          { path: '/publicKey', message: 'must be SPKI in base64' },
        ]);
      const node = await store.enrol(body);
      await use.changed(node);
      return { node, install };
    },
  });
  http.plain({
    path: '/agents/halves/{sha256}',
    permission: 'agent:act',
    summary: 'The agent half of a plugin, by its content',
    handler: async ({ params }) => ({
      status: 200,
      headers: { 'content-type': 'text/javascript' },
      body: await shelf.open(params['sha256'] ?? ''),
    }),
  });
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function isEd25519(publicKey: string): boolean {
  try {
    return (
      createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyType ===
      'ed25519'
    );
  } catch {
    return false;
  }
}

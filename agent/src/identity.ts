import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Machine } from '@containr/sdk/wire';
import { Enrolled, meetControlPlane, proofText } from '@containr/sdk/wire';
import { problemFrom } from './control-client.ts';
import { readJson, writeJson } from './json-file.ts';

const StoredIdentity = defineSchema({
  type: 'object',
  properties: { node: { type: 'string' }, install: { type: 'string' } },
  required: ['node', 'install'],
  additionalProperties: false,
});

/** How an agent enrols. */
export interface EnrolOrder {
  readonly control: string;
  readonly pin?: string | undefined;
  readonly token: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly machine: Machine;
}

/** Who this agent is: a key that never leaves the folder, and the node it was enrolled as. */
export class Identity {
  readonly #file: string;
  readonly #key: KeyObject;
  #stored: Infer<typeof StoredIdentity> | null;

  constructor(folder: string) {
    this.#file = join(folder, 'identity.json');
    this.#key = openKey(join(folder, 'key.pem'));
    this.#stored = readJson<Infer<typeof StoredIdentity>>(this.#file, StoredIdentity);
  }

  /** The node's id; `null` before enrolment. */
  get node(): string | null {
    return this.#stored?.node ?? null;
  }

  get install(): string {
    return this.#stored?.install ?? '';
  }

  /** Signs a control plane's challenge for this node. */
  prove(nonce: string): string {
    return sign(null, proofText(this.node ?? '', nonce), this.#key).toString('base64');
  }

  /** Enrols with a one-time token. Throws the control plane's error, the network's, or `CONTROL_PLANE_OTHER`. */
  async enrol(order: EnrolOrder, signal: AbortSignal): Promise<void> {
    const { control, pin, token, name, labels, machine } = order;
    if (pin !== undefined) await meetControlPlane(control, pin, signal);
    const publicKey = createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).toString('base64');
    const response = await fetch(`${control}/api/v1/agents/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        token,
        name,
        publicKey,
        ...machine,
        ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
    });
    if (!response.ok) throw await problemFrom(response, 'The enrolment');
    this.#stored = validate<Infer<typeof Enrolled>>(Enrolled, await response.json(), 'The answer of the enrolment');
    writeJson(this.#file, this.#stored);
  }
}

function openKey(file: string): KeyObject {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  }
  try {
    return createPrivateKey(readFileSync(file));
  } catch (cause) {
    throw new ContainrError({
      code: 'AGENT_KEY_UNREADABLE',
      status: 500,
      detail: `The agent's key ${file} can't be read.`,
      hint: 'Delete it and enrol the node again.',
      cause,
    });
  }
}

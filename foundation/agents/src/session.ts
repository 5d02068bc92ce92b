import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { Logger } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { Half, Heartbeat, Wire, WireMethod } from '@containr/sdk/wire';
import {
  Advertise,
  closeCodes,
  HalvesStatus,
  openWire,
  proofText,
  Prove,
  Ready,
  SendReport,
  SetHalves,
  TaskEnd,
  TaskOutput,
  Welcome,
} from '@containr/sdk/wire';
import type { WebSocket } from 'ws';
import type { HalfStatuses } from './half-statuses.ts';
import type { HalfShelf } from './halves.ts';
import type { Handlers } from './handlers.ts';
import type { InstallKey } from './install-key.ts';
import type { KnownNode, NodeStore } from './node-store.ts';

/** What a session needs of its gateway. */
export interface SessionHost {
  readonly store: NodeStore;
  readonly handlers: Handlers;
  readonly shelf: HalfShelf;
  readonly install: string;
  readonly key: InstallKey;
  readonly log: Logger;
  readonly heartbeat: Heartbeat;
  /** Name of this process. */
  readonly process: string;
  /** Takes how the halves on a node do. */
  readonly halves: Pick<HalfStatuses, 'told'>;
}

const proofMs = 10_000;
const loadMs = 120_000;

/** One proven connection of one node's agent. */
export class Session {
  readonly node: string;
  readonly wire: Wire;
  capabilities: ReadonlySet<string> = new Set();
  /** Halves are loaded and capabilities known. */
  ready = false;
  readonly #host: SessionHost;
  readonly #asked = new Set<Promise<unknown>>();
  readonly #challenge: string | undefined;
  #loading: Promise<void> = Promise.resolve();

  /** `challenge`: what the agent wants this control plane to prove itself by. */
  constructor(host: SessionHost, node: string, wire: Wire, challenge: string | undefined) {
    this.#host = host;
    this.node = node;
    this.wire = wire;
    this.#challenge = challenge;
  }

  async welcome(node: KnownNode, bearer: string): Promise<void> {
    const { id, name, address } = node;
    await this.wire.request(
      Welcome,
      {
        install: this.#host.install,
        node: { id, name, address },
        bearer,
        ...(this.#challenge === undefined ? {} : { proof: await this.#host.key.prove(this.#challenge) }),
      },
      { timeoutMs: proofMs },
    );
  }

  /** Asks the agent; `answered` waits for it. */
  async ask<P, R>(
    method: WireMethod<P, R>,
    params: P,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<R> {
    const answer = this.wire.request(method, params, options);
    this.#asked.add(answer);
    try {
      return await answer;
    } finally {
      this.#asked.delete(answer);
    }
  }

  /** Resolves when nothing that was asked so far is open. */
  async answered(): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  /** Has the agent run what is active now, one change after another. */
  loadHalves(): Promise<void> {
    this.#loading = this.#loading
      .catch(() => undefined)
      .then(async () => {
        const { capabilities, failures } = await this.#send(await this.#host.shelf.list());
        for (const failure of failures)
          this.#host.log.error({ ...failure, node: this.node }, 'A node can’t load the agent half of a plugin');
        await this.advertised(capabilities);
        this.ready = true;
        this.wire.tell(Ready, {});
      });
    return this.#loading;
  }

  /** An agent of the version before knows of no halves that run apart, and refuses the list: it runs the others. */
  async #send(halves: readonly Half[]) {
    const send = (some: readonly Half[]) => this.wire.request(SetHalves, { halves: [...some] }, { timeoutMs: loadMs });
    const inside = halves.filter(({ apart }) => apart === undefined);
    return send(halves).catch((error: unknown) => {
      if (!isContainrError(error) || error.code !== 'INVALID' || inside.length === halves.length) throw error;
      this.#host.log.warn(
        { node: this.node },
        'The agent of a node is too old for halves of plugins that nobody trusts',
      );
      return send(inside);
    });
  }

  async advertised(capabilities: readonly string[]): Promise<void> {
    this.capabilities = new Set(capabilities);
    await this.#host.store.setCapabilities(this.node, capabilities);
  }
}

/** Opens a session when the agent proves its key; closes the socket and gives `null` when it does not. `before`: the process that held the node. */
export async function openSession(
  host: SessionHost,
  socket: WebSocket,
): Promise<{ session: Session; node: KnownNode; before: string | null } | null> {
  const wire = openWire(socket, host.log, host.heartbeat);
  const opened: { session?: Session } = {};
  // Handlers stand before the proof; what comes earlier than that is refused by the missing session.
  const proven = (): Session => opened.session ?? refuse(wire);
  wire.handle(SendReport, async ({ name, payload }) => {
    await host.handlers.reported(name, payload, proven().node);
    return {};
  });
  wire.handle(TaskOutput, async ({ capability, task, lines }) => {
    await host.handlers.taskWrote(capability, { node: proven().node, task, lines });
    return {};
  });
  wire.handle(TaskEnd, async ({ capability, task, outcome }) => {
    await host.handlers.taskEnded(capability, { node: proven().node, task, outcome });
    return {};
  });
  wire.handle(Advertise, async ({ capabilities }) => {
    await proven().advertised(capabilities);
    return {};
  });
  wire.handle(HalvesStatus, async ({ halves }) => {
    await host.halves.told(proven().node, halves);
    return {};
  });
  wire.listen();
  const nonce = randomBytes(32).toString('base64url');
  const proof = await wire.request(Prove, { nonce }, { timeoutMs: proofMs });
  const node = await host.store.find(proof.node);
  if (!node || !proves(node, nonce, proof.signature)) {
    host.log.warn({ node: proof.node, known: node !== null }, 'An agent did not prove its key');
    wire.close(
      node ? closeCodes.unproven : closeCodes.unknownNode,
      node ? 'the key is not the node’s' : 'no such node',
    );
    return null;
  }
  const before = await host.store.connected(node.id, proof.machine, host.process);
  const session = new Session(host, node.id, wire, proof.challenge);
  opened.session = session;
  return { session, node, before };
}

function proves(node: KnownNode, nonce: string, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(node.publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, proofText(node.id, nonce), key, Buffer.from(signature, 'base64'));
}

function refuse(wire: Wire): never {
  wire.close(closeCodes.unproven, 'prove the key first');
  throw new Error('An agent spoke before it proved its key.');
}

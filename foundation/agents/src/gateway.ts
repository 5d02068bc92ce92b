import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlatformHttp } from '@containr/sdk/host';
import type { Agents, Event, Logger, NodeInfo, NodeLeaving, Principal, Scope } from '@containr/sdk';
import { defineSchema, NodeChanged, NodeRemoved } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Heartbeat } from '@containr/sdk/wire';
import { Bearer, closeCodes } from '@containr/sdk/wire';
import type { Pool } from 'pg';
import { WebSocketServer } from 'ws';
import { Bearers } from './bearers.ts';
import { checkInput, Handlers } from './handlers.ts';
import { HalfStatuses, registerHalfRoutes } from './half-statuses.ts';
import type { HalfFiles } from './halves.ts';
import { HalfShelf } from './halves.ts';
import { InstallKey } from './install-key.ts';
import { registerJoinRoutes } from './join-routes.ts';
import { registerNodeRoutes } from './node-routes.ts';
import { NodeStore } from './node-store.ts';
import type { Operation } from './operation.ts';
import { late, perform, unreachable } from './operation.ts';
import type { RelaySecrets } from './relay.ts';
import { Relay } from './relay.ts';
import { openSession } from './session.ts';
import type { Session, SessionHost } from './session.ts';

/** What the gateway of agents is made of. */
export interface AgentGatewayOptions {
  readonly pool: Pool;
  readonly log: Logger;
  readonly install: string;
  /** Agent halves of active plugins; read again at {@link AgentGateway.halvesChanged}. */
  readonly halves: () => readonly HalfFiles[];
  /** Puts an event into the outbox. */
  readonly emit: <P>(event: Event<P>, payload: P) => Promise<void>;
  /** Asks plugins whether a node may be drained or removed; a throw refuses. */
  readonly gate: (leaving: NodeLeaving) => Promise<void>;
  readonly heartbeat?: Heartbeat;
  /** Seals what one process asks of another; all processes of a control plane share the key ring. */
  readonly secrets: RelaySecrets;
}

/** Everything the control plane does with agents. */
export interface AgentGateway {
  agentsFor(plugin: string, scope: Scope): Agents;
  /** What plugins hear of agents now. */
  heard(): ReturnType<Handlers['heard']>;
  /** Registers `/nodes` and `/agents` on the kernel's own mount. */
  routes(http: Pick<PlatformHttp, 'route' | 'plain'>): void;
  /** Takes the upgrade of `/api/v1/agents/connect`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The agent that holds this bearer, on whichever process it is connected, or `null`. */
  authenticate(bearer: string): Promise<Principal | null>;
  /** Looks for what other processes ask; `payload` is that of a notification on {@link agentChannel}, `null` when any may have been missed. */
  wake(payload: string | null): void;
  /** A one-time enrolment token, valid for a day unless told. */
  createToken(validMs?: number): Promise<{ token: string; expiresAt: Date }>;
  /** Has every connected agent load what is active now; agents wait for the first call before they load anything. */
  halvesChanged(): Promise<void>;
  start(): void;
  /** Has agents connect to the process that took over: none is taken here any more, and those that are here are let go as soon as what is asked of them is answered. */
  leave(): Promise<void>;
  /** Closes all connections; agents come back by themselves. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
const maxMessageBytes = 16 * 1024 * 1024;
const bearerMs = 600_000;
const shortMs = 15_000;
/** What the way over another process may take on top of the operation's own time. */
const relayMs = 5000;
/** How long an agent that is to go to another process is kept for what is asked of it. */
const leaveMs = 2000;
const TaskState = defineSchema({ type: 'string', enum: ['running', 'ended', 'unknown'] });

/** Creates the gateway; `start` begins watching heartbeats. */
export function createAgentGateway(options: AgentGatewayOptions): AgentGateway {
  const { log } = options;
  const heartbeat = options.heartbeat ?? { pingMs: 5000, silenceMs: 15_000 };
  const store = new NodeStore(options.pool);
  const handlers = new Handlers();
  const shelf = new HalfShelf(options.halves, log);
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  const sessions = new Map<string, Session>();
  /** Nodes that left, with when they were heard last. */
  const silent = new Map<string, number>();
  let timers: NodeJS.Timeout[] = [];
  /** Before plugins have started, an agent would be told to drop what it runs. */
  const settled = Promise.withResolvers<void>();
  let stopping = false;
  let leaving = false;
  const relay = new Relay({
    pool: options.pool,
    log,
    secrets: options.secrets,
    async perform(operation, signal) {
      const session = sessions.get(operation.node);
      if (!session?.ready) throw unreachable(operation.node);
      return perform(session, operation, signal);
    },
    moved: (node) =>
      void giveUp(node).catch((error: unknown) => log.warn({ error, node }, 'A node that moved is still held')),
  });
  const bearers = new Bearers(options.pool, relay.name);
  const { install } = options;
  const key = new InstallKey(options.pool, options.secrets);
  const halves = new HalfStatuses(options.pool, changed);
  const host: SessionHost = { store, handlers, shelf, install, key, log, heartbeat, process: relay.name, halves };

  async function changed(id: string): Promise<void> {
    const node = await store.find(id);
    if (node)
      await options.emit(NodeChanged, { node: id, name: node.name, state: node.state, placement: node.placement });
  }

  async function tick(): Promise<void> {
    await store.seen(
      [...sessions.values()]
        .filter(({ wire }) => performance.now() - wire.heardAt < heartbeat.silenceMs)
        .map(({ node }) => node),
    );
    for (const [node, at] of silent) {
      if (performance.now() - at < heartbeat.silenceMs + heartbeat.pingMs) continue;
      silent.delete(node);
      await changed(node);
    }
  }

  async function accept(socket: Parameters<typeof openSession>[1], from: string | undefined): Promise<void> {
    const opened = await openSession(host, socket);
    if (!opened) return;
    const { session, node, before } = opened;
    if (before !== null) relay.tellMoved(before, node.id);
    const older = sessions.get(node.id);
    if (older?.wire.open)
      log.warn(
        { node: node.id, name: node.name, from },
        'A second connection of a node replaces the first; its credential may have been copied',
      );
    older?.wire.close(closeCodes.replaced, 'replaced by a newer connection');
    if (stopping) return session.wire.close(closeCodes.stopping);
    sessions.set(node.id, session);
    silent.delete(node.id);
    void session.wire.closed.then(() => left(session));
    const bearer = (await bearers.issue([node.id])).get(node.id) ?? '';
    await session.welcome(node, bearer);
    await settled.promise;
    await session.loadHalves();
    log.info({ node: node.id, name: node.name, from, capabilities: session.capabilities.size }, 'An agent connected');
    await changed(node.id);
    const current = await store.find(node.id);
    if (current && session.wire.open) await handlers.connected(current, log);
  }

  function left(session: Session): void {
    if (sessions.get(session.node) !== session) return;
    sessions.delete(session.node);
    silent.set(session.node, session.wire.heardAt);
    log.info({ node: session.node }, 'An agent’s connection closed');
    if (stopping) return;
    Promise.all([bearers.forget(session.node), store.left(session.node, relay.name)]).catch((error: unknown) =>
      log.warn({ error, node: session.node }, 'That a node left could not be stored'),
    );
  }

  async function greetLate(handler: (node: NodeInfo) => Promise<void>): Promise<void> {
    await delay(0);
    for (const node of await store.list())
      if (sessions.get(node.id)?.ready) await handlers.connected(node, log, handler);
  }

  /** The agent connected to another process, unless it came back meanwhile. */
  async function giveUp(node: string): Promise<void> {
    const session = sessions.get(node);
    if (session && (await store.holder(node)) !== relay.name)
      session.wire.close(closeCodes.replaced, 'replaced by a connection to another process');
  }

  /** Has the agent do it, over the connection here or the one that another process holds. */
  async function operate(operation: Operation, signal: AbortSignal): Promise<unknown> {
    const session = sessions.get(operation.node);
    if (session?.ready) return perform(session, operation, signal);
    const holder = await store.holder(operation.node);
    if (holder === null || holder === relay.name) throw unreachable(operation.node);
    const patience = AbortSignal.timeout(operation.timeoutMs + relayMs);
    const lost = (): Error => unreachable(operation.node);
    return relay.ask(holder, operation, AbortSignal.any([signal, patience]), lost).catch((error: unknown) => {
      throw patience.aborted && error === patience.reason ? late(operation, error) : error;
    });
  }

  async function remove({ id, name }: NodeInfo, lost: boolean): Promise<void> {
    const holder = await store.holder(id);
    await store.remove(id);
    silent.delete(id);
    await options.emit(NodeRemoved, { node: id, name, lost });
    if (holder !== null && holder !== relay.name) relay.tellMoved(holder, id);
    sessions.get(id)?.wire.close(closeCodes.unknownNode, 'the node was removed');
  }

  async function renewBearers(): Promise<void> {
    await bearers.sweep();
    for (const [node, bearer] of await bearers.issue([...sessions.keys()]))
      sessions.get(node)?.wire.tell(Bearer, { bearer });
  }

  return {
    agentsFor: (plugin, scope) => ({
      ...handlers.registrar(
        plugin,
        scope,
        (handler) =>
          void greetLate(handler).catch((error: unknown) =>
            log.error({ err: error, plugin }, 'Nodes could not be listed'),
          ),
      ),
      nodes: () => store.list(),
      async call(node, capability, input, { signal, timeoutMs = capability.timeoutMs } = {}) {
        const { name } = capability;
        const limitMs = Math.min(timeoutMs, capability.timeoutMs);
        const output = await operate(
          { kind: 'call', node, timeoutMs: limitMs, capability: name, input: checkInput(capability, input) },
          signal ? AbortSignal.any([signal, scope.signal]) : scope.signal,
        );
        return validate(capability.output, output, `The result of ${name}`);
      },
      async startTask(node, capability, task, input) {
        const { name } = capability;
        await operate(
          { kind: 'start', node, timeoutMs: shortMs, capability: name, task, input: checkInput(capability, input) },
          scope.signal,
        );
      },
      taskStatus: async (node, task) =>
        validate(
          TaskState,
          await operate({ kind: 'status', node, timeoutMs: shortMs, task }, scope.signal),
          'The status of a task',
        ),
      async cancelTask(node, task) {
        await operate({ kind: 'cancel', node, timeoutMs: shortMs, task }, scope.signal);
      },
    }),
    heard: () => handlers.heard(),
    routes(http) {
      registerNodeRoutes(http, { store, gate: options.gate, changed, remove });
      registerJoinRoutes(http, { store, shelf, key, install, changed });
      registerHalfRoutes(http, halves);
    },
    upgrade(request, socket, head) {
      if (stopping || leaving) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      server.handleUpgrade(request, socket, head, (opened) => {
        accept(opened, request.socket.remoteAddress).catch((error: unknown) => {
          log.warn({ err: error }, 'An agent could not be connected');
          opened.terminate();
        });
      });
    },
    async authenticate(bearer) {
      const id = await bearers.of(bearer);
      if (id === null) return null;
      return { kind: 'agent', id, name: 'agent', organisation: null, permissions: ['agent:act'], via: 'bearer' };
    },
    wake: (payload) => relay.wake(payload),
    createToken: (validMs = dayMs) => store.createToken(validMs),
    async halvesChanged() {
      settled.resolve();
      await Promise.all(
        [...sessions.values()].map((session) =>
          session
            .loadHalves()
            .catch((error: unknown) =>
              log.warn({ err: error, node: session.node }, 'A node could not be told of changed plugins'),
            ),
        ),
      );
      for (const node of [...sessions.keys()]) await changed(node);
    },
    start() {
      stopping = false;
      const beat = (): void =>
        void tick().catch((error: unknown) => log.warn({ err: error }, 'Heartbeats could not be stored'));
      timers = [
        setInterval(beat, heartbeat.pingMs),
        setInterval(() => {
          renewBearers().catch((error: unknown) => log.warn({ err: error }, 'Agents could not be given new bearers'));
        }, bearerMs),
      ];
    },
    async leave() {
      leaving = true;
      await Promise.all(
        [...sessions.values()].map(async (session) => {
          const late = new AbortController();
          await Promise.race([session.answered(), delay(leaveMs, undefined, late).catch(() => undefined)]);
          late.abort();
          session.wire.close(closeCodes.stopping, 'another control plane took over');
          await session.wire.closed;
        }),
      );
    },
    async stop() {
      stopping = true;
      timers.forEach((timer) => clearInterval(timer));
      relay.stop();
      const open = [...sessions.values()];
      open.forEach(({ wire }) => wire.close(closeCodes.stopping, 'the control plane stops'));
      await Promise.all(open.map(({ wire }) => wire.closed));
      server.close();
      await Promise.all([bearers.forgetAll(), store.leftAll(relay.name)]).catch((error: unknown) =>
        log.warn({ error }, 'That all nodes left could not be stored'),
      );
    },
  };
}

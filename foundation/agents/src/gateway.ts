import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Agents, Event, Logger, NodeInfo, PluginContext, Principal, Scope } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Heartbeat } from '@containr/sdk/wire';
import { CallCapability, closeCodes, TaskCancel, TaskStart, TaskStatus } from '@containr/sdk/wire';
import type { Pool } from 'pg';
import { WebSocketServer } from 'ws';
import { checkInput, Handlers } from './handlers.ts';
import type { HalfFiles } from './halves.ts';
import { HalfShelf } from './halves.ts';
import { NodeChanged } from './node-changed.ts';
import { NodeStore } from './node-store.ts';
import { registerAgentRoutes } from './routes.ts';
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
  readonly heartbeat?: Heartbeat;
}

/** Everything the control plane does with agents. */
export interface AgentGateway {
  agentsFor(plugin: string, scope: Scope): Agents;
  /** Registers `/nodes` and `/agents` on the kernel's own mount. */
  routes(http: Pick<PluginContext['http'], 'route' | 'raw'>): void;
  /** Takes the upgrade of `/api/v1/agents/connect`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The agent that holds this bearer, or `null`. */
  authenticate(bearer: string): Principal | null;
  /** A one-time enrolment token, valid for a day unless told. */
  createToken(validMs?: number): Promise<{ token: string; expiresAt: Date }>;
  /** Has every connected agent load what is active now; agents wait for the first call before they load anything. */
  halvesChanged(): Promise<void>;
  start(): void;
  /** Closes all connections; agents come back by themselves. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
const maxMessageBytes = 16 * 1024 * 1024;
const bearerMs = 600_000;
const shortMs = 15_000;

/** Creates the gateway; `start` begins watching heartbeats. */
export function createAgentGateway(options: AgentGatewayOptions): AgentGateway {
  const { log } = options;
  const heartbeat = options.heartbeat ?? { pingMs: 5000, silenceMs: 15_000 };
  const store = new NodeStore(options.pool);
  const handlers = new Handlers();
  const shelf = new HalfShelf(options.halves, log);
  const host: SessionHost = { store, handlers, shelf, install: options.install, log, heartbeat };
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  const sessions = new Map<string, Session>();
  /** Nodes that left, with when they were heard last. */
  const silent = new Map<string, number>();
  let timers: NodeJS.Timeout[] = [];
  /** Before plugins have started, an agent would be told to drop what it runs. */
  const settled = Promise.withResolvers<void>();
  let stopping = false;

  async function changed(id: string): Promise<void> {
    const node = await store.find(id);
    if (node) await options.emit(NodeChanged, { node: id, name: node.name, state: node.state });
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
    const { session, node } = opened;
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
    await session.welcome(node);
    await settled.promise;
    await session.loadHalves();
    log.info({ node: node.id, name: node.name, from, capabilities: session.capabilities.size }, 'An agent connected');
    await changed(node.id);
    const current = await store.find(node.id);
    if (current && session.wire.open) await handlers.connected(current, log);
  }

  function left(session: Session): void {
    session.bearers.clear();
    if (sessions.get(session.node) !== session) return;
    sessions.delete(session.node);
    silent.set(session.node, session.wire.heardAt);
    log.info({ node: session.node }, 'An agent’s connection closed');
  }

  async function greetLate(handler: (node: NodeInfo) => Promise<void>): Promise<void> {
    await delay(0);
    for (const node of await store.list())
      if (sessions.get(node.id)?.ready) await handlers.connected(node, log, handler);
  }

  function reach(node: string, capability?: string): Session {
    const session = sessions.get(node);
    if (!session?.ready) throw unreachable(node);
    if (capability !== undefined && !session.capabilities.has(capability)) throw missing(node, capability);
    return session;
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
        const { wire } = reach(node, capability.name);
        const signals = signal ? AbortSignal.any([signal, scope.signal]) : scope.signal;
        const limits = { timeoutMs: Math.min(timeoutMs, capability.timeoutMs), signal: signals };
        const { output } = await told(
          node,
          wire.request(CallCapability, { capability: capability.name, input: checkInput(capability, input) }, limits),
        );
        return validate(capability.output, output, `The result of ${capability.name}`);
      },
      async startTask(node, capability, task, input) {
        const { wire } = reach(node, capability.name);
        await told(
          node,
          wire.request(
            TaskStart,
            { capability: capability.name, task, input: checkInput(capability, input) },
            { timeoutMs: shortMs },
          ),
        );
      },
      taskStatus: async (node, task) =>
        (await told(node, reach(node).wire.request(TaskStatus, { task }, { timeoutMs: shortMs }))).status,
      async cancelTask(node, task) {
        await told(node, reach(node).wire.request(TaskCancel, { task }, { timeoutMs: shortMs }));
      },
    }),
    routes: (http) =>
      registerAgentRoutes(http, {
        store,
        shelf,
        install: options.install,
        createToken: () => store.createToken(dayMs),
        changed,
      }),
    upgrade(request, socket, head) {
      if (stopping) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      server.handleUpgrade(request, socket, head, (opened) => {
        accept(opened, request.socket.remoteAddress).catch((error: unknown) => {
          log.warn({ err: error }, 'An agent could not be connected');
          opened.terminate();
        });
      });
    },
    authenticate(bearer) {
      for (const session of sessions.values()) {
        if (session.bearers.has(bearer))
          return {
            kind: 'agent',
            id: session.node,
            name: 'agent',
            organisation: null,
            permissions: ['agent:act'],
            via: 'bearer',
          };
      }
      return null;
    },
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
        setInterval(() => sessions.forEach((session) => session.renewBearer()), bearerMs),
      ];
    },
    async stop() {
      stopping = true;
      timers.forEach((timer) => clearInterval(timer));
      const open = [...sessions.values()];
      open.forEach(({ wire }) => wire.close(closeCodes.stopping, 'the control plane stops'));
      await Promise.all(open.map(({ wire }) => wire.closed));
      server.close();
    },
  };
}

/** A connection that breaks in the middle is the node's unreachability for the caller. */
async function told<T>(node: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ContainrError && error.code === 'WIRE_CLOSED') throw unreachable(node, error);
    throw error;
  }
}

function unreachable(node: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'NODE_UNREACHABLE',
    status: 503,
    detail: `The agent of node ${node} is not connected.`,
    hint: 'See that the agent runs on that machine and reaches the control plane; it reconnects by itself.',
    retryAfterSeconds: 5,
    cause,
  });
}

function missing(node: string, capability: string): ContainrError {
  return new ContainrError({
    code: 'CAPABILITY_MISSING',
    status: 409,
    detail: `Node ${node} does not offer "${capability}".`,
    hint: 'Switch on the plugin that brings it, or choose a node that lists the capability.',
  });
}

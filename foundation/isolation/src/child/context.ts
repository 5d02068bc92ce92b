import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import type {
  Call,
  Client,
  Contract,
  Delivered,
  Implementation,
  JobRun,
  Logger,
  Methods,
  PluginContext,
  Principal,
  Store,
} from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import { v7 } from 'uuid';
import type { Incoming, Peer } from '@containr/cell/channel';
import { agentsFacet } from './agents.ts';
import { httpFacet } from './http.ts';
import { liveFacet } from './live.ts';
import { actorOf, ofRequest } from './principals.ts';
import type { Registry } from './registry.ts';
import { secretsFacet } from './secrets.ts';

/** What the host says at the start. */
export interface Boot {
  readonly plugin: string;
  readonly install: PluginContext['install'];
  readonly origin: string;
  readonly directory: string;
  readonly settings: unknown;
  /** Whether it has tables. */
  readonly tables: boolean;
  /** Base64 of the key that this plugin's secrets are under. */
  readonly secretKey: string;
  /** Providers of the contracts that it may call, by contract. */
  readonly providers: Readonly<Record<string, readonly { id: string; plugin: string }[]>>;
}

/** What the host changes while the plugin runs. */
export interface Live {
  settings: unknown;
  providers: Boot['providers'];
}

/** Composes `ctx` of a plugin in a process of its own: whatever leaves it goes over the channel. */
export function contextOf(
  boot: Boot,
  live: Live,
  registry: Registry,
  peer: () => Peer,
  own: {
    readonly signal: AbortSignal;
    readonly store: Store;
  },
): PluginContext {
  const { plugin } = boot;
  const log = logOf(peer);
  return {
    plugin,
    install: boot.install,
    log,
    clock: { now: () => new Date(), sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}) },
    random: { id: () => v7(), bytes: (count) => randomBytes(count) },
    exec: () => Promise.reject(noPrograms()),
    fetch: (input, init) => fetchOverHost(peer(), input, init),
    directory: boot.directory,
    signal: own.signal,
    settings: {
      get current() {
        return live.settings;
      },
      onChange: (handler) =>
        registry.add('settings', 'settings change', {}, ({ value }: { value: unknown }) => {
          live.settings = value;
          handler(value);
        }),
    },
    http: httpFacet(registry, peer, boot.origin),
    hooks: {
      define: ({ name, kind, summary }) =>
        registry.add('hook', `hook ${name}`, { hook: name, kind, summary }, () => undefined),
      tap: (hook, tap, options) =>
        registry.add(
          'tap',
          `tap ${hook.name}`,
          { hook: hook.name, kind: hook.kind, stage: options?.stage ?? 0 },
          async ({ payload }: { payload: never }, { signal }) => ({ value: await tap(payload, { signal }) }),
        ),
      run: async (hook, payload, options) => {
        validate(hook.payload, payload, `The payload of ${hook.name}`);
        const signal = options?.signal ?? own.signal;
        const answer = (await peer().call('hook.run', { hook: hook.name, kind: hook.kind, payload }, signal)) as {
          value?: unknown;
        };
        return answer.value as never;
      },
    },
    services: {
      provide: (contract, implementation, options) => provide(registry, plugin, contract, implementation, options?.id),
      get: (contract) => clientOf(peer, plugin, contract, undefined),
      providers: (contract) =>
        (live.providers[contract.name] ?? []).map(({ id, plugin: provider }) => ({
          id,
          plugin: provider,
          client: clientOf(peer, plugin, contract, id),
        })),
    },
    events: {
      define: ({ name, permission }) =>
        registry.add('event', `event ${name}`, { event: name, permission }, () => undefined),
      on: (event, handler) =>
        registry.add(
          'on',
          `on ${event.name}`,
          { event: event.name },
          (sent: { position: string; organisation: string | null; at: string; payload: never }) =>
            handler({ ...sent, position: BigInt(sent.position), at: new Date(sent.at) } satisfies Delivered<never>),
        ),
    },
    jobs: {
      handle: (job, handler, options) =>
        registry.add(
          'job',
          `job ${job.name}`,
          { job: job.name, summary: job.summary, ...options },
          (run: { input: unknown; attempt: number }, { signal }) => {
            const input = validate<never>(job.input, run.input, `The input of the job ${job.name}`);
            return handler({ input, attempt: run.attempt, signal } satisfies JobRun<never>);
          },
        ),
    },
    agents: agentsFacet(registry, peer),
    live: liveFacet(registry, peer),
    store: own.store,
    secrets: secretsFacet(Buffer.from(boot.secretKey, 'base64'), peer),
    principal: (organisation) => ({
      kind: 'plugin',
      id: plugin,
      name: plugin,
      organisation,
      permissions: [],
      via: 'internal',
    }),
    repeat: (label, everyMs, work) =>
      registry.add('repeat', `repeat ${label}`, { label, everyMs }, (_: unknown, { signal }) => work(signal)),
    own: (label, undo) => registry.add('own', label, { label }, () => undo()),
  };
}

function logOf(peer: () => Peer): Logger {
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
    const plain = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value,
      ]),
    );
    peer().notify('log', { level, fields: plain, message: message.slice(0, 4000) });
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function provide<M extends Methods>(
  registry: Registry,
  plugin: string,
  contract: Contract<M>,
  implementation: Implementation<M>,
  id = plugin,
) {
  return registry.add(
    'service',
    `service ${contract.name} ${id}`,
    { contract: contract.name, id, methods: Object.keys(contract.methods) },
    async (
      { method, input, principal, request }: { method: string; input: unknown; principal: Principal; request: number },
      { signal }: Incoming,
    ) => {
      const schema = contract.methods[method];
      const work = implementation[method] as ((input: unknown, call: Call) => Promise<unknown>) | undefined;
      if (!schema || !work) throw refused('NOT_FOUND', `"${contract.name}" has no method "${method}".`);
      const given = validate(schema.input, input, `${contract.name}.${method}`);
      const value = await work(given, { principal: ofRequest(principal, request), signal });
      return { value: validate(schema.output, value, `The answer of ${contract.name}.${method}`) };
    },
  );
}

function clientOf<M extends Methods>(
  peer: () => Peer,
  plugin: string,
  contract: Contract<M>,
  id: string | undefined,
): Client<M> {
  const methods = Object.entries(contract.methods).map(([method, schema]) => [
    method,
    async (input: unknown, call: { principal: Principal; signal?: AbortSignal }) => {
      validate(schema.input, input, `${contract.name}.${method}`);
      const request = {
        contract: contract.name,
        ...(id === undefined ? {} : { id }),
        method,
        input,
        as: actorOf(call.principal, plugin),
      };
      const answer = (await peer().call('service.call', request, call.signal)) as { value?: unknown };
      return answer.value;
    },
  ]);
  return Object.fromEntries(methods) as Client<M>;
}

async function fetchOverHost(peer: Peer, input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const body = request.body ? Buffer.from(await request.arrayBuffer()).toString('base64') : null;
  const answer = (await peer.call(
    'fetch',
    { url: request.url, method: request.method, headers: [...request.headers], body, redirect: request.redirect },
    request.signal,
  )) as { status: number; headers: [string, string][]; body: number | null };
  const { body: source } = answer;
  const stream =
    source === null
      ? null
      : new ReadableStream<Uint8Array>({
          async pull(controller) {
            const piece = await peer.call('body.next', { body: source });
            if (piece instanceof Uint8Array) controller.enqueue(piece);
            else controller.close();
          },
        });
  return new Response(stream, { status: answer.status, headers: answer.headers });
}

function refused(code: string, detail: string): ContainrError {
  return new ContainrError({ code, status: 403, detail, hint: 'Only a trusted plugin may do this.' });
}

// A program is not held by Node's permission model: without a user of its own it would have the rights of the host.
function noPrograms(): ContainrError {
  return new ContainrError({
    code: 'EXEC_ISOLATED',
    status: 403,
    detail: 'An isolated plugin starts no programs.',
    hint: 'Call a capability of a trusted plugin that was granted, or have an admin trust this one.',
  });
}

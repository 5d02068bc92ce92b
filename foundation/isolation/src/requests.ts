import type { Contract, PluginContext } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { Infer } from '@containr/sdk';
import type { AgentRequests } from './agent-requests.ts';
import type { Grants } from './grants.ts';
import type { Missing } from './grants.ts';
import { checkGrant, missingOf } from './grants.ts';
import type { LiveRequests } from './live-requests.ts';
import { sendOutgoing } from './outgoing.ts';
import type { Incoming } from '@containr/cell';
import type { RegistrationKind, RequestOp } from './protocol.ts';
import { notices, requests } from './protocol.ts';
import type { Registrations } from './registrations.ts';
import { tell } from './told.ts';
import type { Wiring } from './wiring.ts';

type Data<K extends RequestOp> = Infer<(typeof requests)[K]>;

/** What the answers need of the platform. */
export interface Platform {
  readonly ctx: PluginContext;
  readonly wiring: Wiring;
  readonly registrations: Registrations;
  readonly agents: AgentRequests;
  readonly live: LiveRequests;
  grants(): Grants;
  /** The contract as its provider gave it; `undefined` while nobody provides it. */
  contract(name: string): Contract | undefined;
  /** Opens, asks and closes sessions on the plugin's own schema. */
  readonly store: {
    answer(op: 'store.open' | 'store.query' | 'store.close', data: unknown, call: Incoming): Promise<unknown>;
  };
  /** A secret goes to the child: its log must not show it. */
  handedOut(secret: string): void;
  /** It tried what was not granted. */
  refused(missing: readonly Missing[]): void;
  violated(what: string): void;
}

/** Answers what the child asks; every request passes its schema, and what it may not is refused. */
export async function answerRequest(call: Incoming, platform: Platform): Promise<unknown> {
  if (!Object.hasOwn(requests, call.op)) {
    platform.violated(`asks for "${call.op.slice(0, 60)}", which is no operation`);
    throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: 'There is no such operation.' });
  }
  const op = call.op as RequestOp;
  let data: unknown;
  try {
    data = validate(requests[op], call.data, `The request ${op} of ${platform.wiring.plugin}`);
  } catch (error) {
    platform.violated(`asks for "${op}" with data that its schema refuses`);
    throw error;
  }
  try {
    return await handlers[op](data as never, platform, call);
  } catch (error) {
    const missing = missingOf(error);
    if (missing.length > 0) platform.refused(missing);
    throw error;
  }
}

/** Takes what the child tells. */
export function takeNotice(op: string, data: unknown, platform: Platform): void {
  try {
    if (op === 'socket.send') {
      const sent = validate<Infer<(typeof notices)['socket.send']>>(notices['socket.send'], data, op);
      const socket = platform.wiring.sockets.get(sent.socket);
      if (sent.bytes !== undefined) socket?.send(Buffer.from(sent.bytes, 'base64'));
      else socket?.send(sent.text ?? '');
    } else if (op === 'socket.close') {
      const sent = validate<Infer<(typeof notices)['socket.close']>>(notices['socket.close'], data, op);
      platform.wiring.sockets.get(sent.socket)?.close(sent.code, sent.reason);
    } else platform.violated(`tells "${op.slice(0, 60)}", which is no notice`);
  } catch (error) {
    platform.violated(`tells "${op}" in a way that is refused: ${error instanceof Error ? error.message : ''}`);
  }
}

const handlers: { readonly [K in RequestOp]: (data: Data<K>, platform: Platform, call: Incoming) => Promise<unknown> } =
  {
    register: async ({ kind, spec }, { registrations }) => registrations.add(kind as RegistrationKind, spec),
    unregister: async ({ ref }, { registrations }) => registrations.remove(ref),
    'body.next': async ({ body }, { wiring }) => piece(await wiring.sources.next(body)),
    'socket.next': async ({ socket }, { wiring }) => wiring.sources.next(socket),
    'hook.run': async ({ hook, payload }, { ctx, registrations }, { signal }) => ({
      value: await ctx.hooks.run(registrations.hook(hook), payload, { signal }),
    }),
    'service.call': callService,
    'secret.read': readSecret,
    'agents.nodes': async (_data, { ctx }) => ctx.agents.nodes(),
    'agents.call': async (data, { agents }, { signal }) => agents.call(data, signal),
    'task.start': async (data, { agents }) => agents.start(data),
    'task.status': async (data, { agents }) => agents.status(data),
    'task.cancel': async (data, { agents }) => agents.cancel(data),
    'live.get': async (data, { live }) => live.get(data),
    'live.set': async (data, { live }) => live.set(data),
    'live.delete': async (data, { live }) => live.delete(data),
    'live.take': async (data, { live }) => live.take(data),
    'live.publish': async (data, { live }) => live.publish(data),
    'store.open': async (data, { store }, call) => store.answer('store.open', data, call),
    'store.query': async (data, { store }, call) => store.answer('store.query', data, call),
    'store.close': async (data, { store }, call) => store.answer('store.close', data, call),
    async emit(data, { ctx, registrations }) {
      const store = ctx.store.system('an isolated plugin tells events of its own');
      await store.transaction((unit) => tell(unit, registrations, { emit: data }));
    },
    async enqueue(data, { ctx, registrations }) {
      const store = ctx.store.system('an isolated plugin starts jobs of its own');
      await store.transaction((unit) => tell(unit, registrations, { enqueue: data }));
    },
    fetch: sendFetch,
  };

async function callService(
  { contract: name, id, method, input, as }: Data<'service.call'>,
  platform: Platform,
  { signal }: Incoming,
): Promise<unknown> {
  const { ctx, wiring } = platform;
  checkGrant(wiring.plugin, platform.grants(), 'services', name);
  const principal = wiring.acting.principalOf(as);
  const contract = platform.contract(name);
  const all = contract ? ctx.services.providers(contract) : [];
  const client = id === undefined ? all[0]?.client : all.find((one) => one.id === id)?.client;
  const call = client && Object.hasOwn(client, method) ? client[method] : undefined;
  if (call) return { value: await call(input, { principal, signal }) };
  throw new ContainrError({
    code: 'DEPENDENCY_DOWN',
    status: 503,
    detail: `No active plugin provides "${name}.${method}".`,
    hint: 'Enable a plugin that provides it.',
    retryAfterSeconds: 5,
  });
}

async function readSecret({ name }: Data<'secret.read'>, platform: Platform): Promise<unknown> {
  const { plugin } = platform.wiring;
  if (!name.startsWith(`${plugin}.`)) checkGrant(plugin, platform.grants(), 'secrets', name);
  const secret = await platform.ctx.secrets.read(name);
  platform.handedOut(secret);
  return { secret };
}

async function sendFetch(data: Data<'fetch'>, platform: Platform, { signal }: Incoming): Promise<unknown> {
  const { wiring } = platform;
  if (wiring.fetched.size >= mostFetched) throw tooManyFetched(wiring.plugin);
  const response = await sendOutgoing(
    {
      ...data,
      headers: data.headers.map(([name = '', value = '']) => [name, value] as const),
      body: data.body === null ? null : Buffer.from(data.body, 'base64'),
    },
    (place) => checkGrant(wiring.plugin, platform.grants(), 'hosts', place),
    signal,
  );
  const headers = Object.entries(response.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as const),
  );
  const status = response.statusCode ?? 502;
  if (nullBody.has(status)) {
    response.resume();
    return { status, headers, body: null };
  }
  const body = wiring.sources.add(response);
  wiring.fetched.add(body);
  response.once('close', () => wiring.fetched.delete(body));
  return { status, headers, body };
}

/** Answers that have no body, not even an empty one: a `Response` refuses to be made of them with one. */
const nullBody = new Set([204, 205, 304]);
/** Answers that are open at once; each is a connection of this process. */
const mostFetched = 64;

function tooManyFetched(plugin: string): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_BUSY',
    status: 429,
    detail: `${plugin} has ${mostFetched} answers open that it did not read to their end, which is as many as it may.`,
    hint: 'Read answers to their end, or cancel their bodies.',
    retryAfterSeconds: 1,
  });
}

const pieceBytes = 1_048_576;

function piece(value: unknown): unknown {
  if (value instanceof Uint8Array && value.byteLength > pieceBytes) {
    throw new ContainrError({ code: 'TOO_LARGE', status: 413, detail: 'A piece of the body is too large.' });
  }
  return value;
}

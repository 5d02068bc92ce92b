import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { HostLogger } from '@containr/sdk/host';
import { createLogger } from '@containr/sdk/host';
import type { Wire } from '@containr/sdk/wire';
import {
  Advertise,
  Bearer,
  CallCapability,
  closeCodes,
  HalvesStatus,
  newChallenge,
  Prove,
  provesControl,
  Ready,
  SetHalves,
  TaskCancel,
  TaskStart,
  TaskStatus,
  Welcome,
} from '@containr/sdk/wire';
import { ApartHalves } from './apart/apart-halves.ts';
import { apartHost } from './apart/apart-host.ts';
import type { Served } from './capabilities.ts';
import { Capabilities } from './capabilities.ts';
import { getAsAgent } from './control-client.ts';
import { lockData } from './data-lock.ts';
import { Greetings } from './greetings.ts';
import { createHalfContext } from './half-context.ts';
import { HalfStore } from './half-store.ts';
import { Halves } from './halves.ts';
import type { EnrolOrder } from './identity.ts';
import { Identity } from './identity.ts';
import { Link } from './link.ts';
import { describeMachine } from './machine.ts';
import type { AgentOptions } from './options.ts';
import { Tasks } from './tasks.ts';

/** A running agent. */
export interface Agent {
  readonly node: string;
  /** Ends its tasks and plugin halves, closes the connection and lets the data folder go. */
  stop(): Promise<void>;
}

const enrolWaitMs = 1000;

/** Starts an agent; resolves when it is enrolled. `signal` gives up enrolling. Throws `AGENT_RUNNING`, `AGENT_NOT_ENROLLED`, `ENROL_TOKEN_INVALID`. */
export async function startAgent(
  options: AgentOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Agent> {
  mkdirSync(join(options.data, 'halves'), { recursive: true, mode: 0o700 });
  const unlock = lockData(options.data);
  try {
    const log = createLogger({ name: 'agent', level: options.logLevel ?? 'info' });
    const identity = new Identity(options.data);
    if (identity.node === null) await enrolPatiently(options, identity, log, signal);
    return await runAgent(options, identity, log, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function runAgent(
  options: AgentOptions,
  identity: Identity,
  log: HostLogger,
  unlock: () => void,
): Promise<Agent> {
  const { control, data } = options;
  let node = { id: identity.node ?? '', name: options.name, address: options.address ?? '127.0.0.1' };
  let loading = false;
  const capabilities = new Capabilities(() => setImmediate(advertise));
  const link = new Link(control, log, { answer, unknown: () => enrolAgain(options, identity, log) });
  const greetings = new Greetings(link);
  const tasks = new Tasks(data, capabilities, link, log);
  const store = new HalfStore(join(data, 'halves'), (path, signal) =>
    getAsAgent(control, path, () => link.bearer(signal), signal),
  );
  const parts = { data, control, log, link, capabilities, greetings, store };
  const apart = new ApartHalves(
    apartHost({ ...parts, install: () => identity.install, node: () => node, changed: tell }),
  );
  const halves = new Halves({
    data,
    store,
    log,
    apart,
    context: (half, scope) =>
      createHalfContext(
        {
          data,
          control,
          install: identity.install,
          node,
          log,
          link,
          capabilities,
          greetings,
          programPath: (sha256) => store.pathOf(sha256),
        },
        half,
        scope,
      ),
  });

  function advertise(): void {
    // What changes while halves are loaded is in the answer to that.
    if (loading || !link.current) return;
    link.current
      .request(Advertise, { capabilities: capabilities.names }, { timeoutMs: 10_000 })
      .catch((error: unknown) => log.debug({ err: error }, 'Capabilities are told at the next connection'));
  }

  /** How the halves do; level-triggered, so one that is lost is made up for at the next connection. */
  function tell(): void {
    link.current
      ?.request(HalvesStatus, { halves: halves.statuses }, { timeoutMs: 10_000 })
      .catch((error: unknown) => log.debug({ err: error }, 'How halves do is told at the next connection'));
  }

  function answer(wire: Wire): void {
    const challenge = newChallenge();
    // An agent that knows its control plane's key takes nothing from who has not proven it.
    let welcomed = options.pin === undefined;
    const requireWelcome = (): void => {
      if (!welcomed) throw notOurs(control);
    };
    wire.handle(Prove, async ({ nonce }) => ({
      node: identity.node ?? '',
      signature: identity.prove(nonce),
      machine: await describeMachine(control, options.address),
      ...(options.pin === undefined ? {} : { challenge }),
    }));
    wire.handle(Welcome, async (welcome) => {
      if (options.pin !== undefined && !(welcome.proof && provesControl(welcome.proof, challenge, options.pin))) {
        wire.close(closeCodes.notOurs, 'the key is not that of the control plane that this node joined');
        const error = notOurs(control);
        log.error({ err: error }, 'Another control plane answers');
        throw error;
      }
      welcomed = true;
      node = welcome.node;
      link.setBearer(welcome.bearer);
      return {};
    });
    wire.hear(Bearer, ({ bearer }) => {
      if (welcomed) link.setBearer(bearer);
    });
    wire.handle(SetHalves, async (given) => {
      requireWelcome();
      loading = true;
      try {
        const failures = await halves.set(given.halves);
        return { capabilities: capabilities.names, failures };
      } finally {
        loading = false;
      }
    });
    wire.hear(Ready, () => {
      if (!welcomed) return;
      link.setReady(wire);
      greetings.greet();
      tell();
    });
    wire.handle(CallCapability, async ({ capability, input }, signal) => {
      requireWelcome();
      const served = capabilities.get(capability);
      const late = AbortSignal.timeout(served.timeoutMs);
      const io = {
        signal: AbortSignal.any([signal, served.signal, late]),
        task: null,
        output: (text: string) => log.debug({ capability, text }, 'A short call wrote a line'),
      };
      try {
        return { output: await served.run(input, io) };
      } catch (error) {
        // What a handler makes of its signal is not always the signal's own word.
        throw late.aborted && !isContainrError(error) ? tooLate(served, error) : error;
      }
    });
    wire.handle(TaskStart, async ({ task, capability, input }) => {
      requireWelcome();
      tasks.start(task, capability, input);
      return {};
    });
    wire.handle(TaskStatus, async ({ task }) => ({ status: tasks.status(task) }));
    wire.handle(TaskCancel, async ({ task }) => {
      requireWelcome();
      tasks.cancel(task);
      return {};
    });
  }

  tasks.restore();
  const restored = halves
    .restore()
    .catch((error: unknown) => log.warn({ err: error }, 'Plugin halves are loaded at the next connection'));
  link.start();
  return {
    get node() {
      return node.id;
    },
    async stop() {
      await tasks.stop();
      await restored;
      await halves.dispose();
      await link.stop();
      unlock();
    },
  };
}

async function enrolPatiently(
  options: AgentOptions,
  identity: Identity,
  log: HostLogger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const token = await options.token();
    if (token === null) {
      throw new ContainrError({
        code: 'AGENT_NOT_ENROLLED',
        status: 401,
        detail: 'This node is not enrolled and has no enrolment token.',
        hint: 'Make a token under Nodes and give its file with --token-file.',
      });
    }
    try {
      await identity.enrol({ ...(await orderOf(options)), token }, signal);
      log.info({ node: identity.node }, 'Enrolled');
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (isContainrError(error) && error.status < 500) throw error;
      log.debug({ err: error }, 'The control plane can’t be reached to enrol');
    }
    await delay(enrolWaitMs, undefined, { signal });
  }
}

/** The control plane lost (or removed) this node: a fresh token brings it back. */
async function enrolAgain(options: AgentOptions, identity: Identity, log: HostLogger): Promise<void> {
  const token = await options.token();
  try {
    if (token === null)
      throw new ContainrError({
        code: 'AGENT_NOT_ENROLLED',
        status: 401,
        detail: 'The control plane does not know this node.',
        hint: 'Make a token under Nodes and give its file with --token-file.',
      });
    await identity.enrol({ ...(await orderOf(options)), token }, AbortSignal.timeout(15_000));
    log.warn({ node: identity.node }, 'The control plane did not know this node; enrolled it again');
  } catch (error) {
    log.error({ err: error }, 'The control plane does not know this node');
  }
}

async function orderOf(options: AgentOptions): Promise<Omit<EnrolOrder, 'token'>> {
  const { control, pin, name, labels } = options;
  return { control, pin, name, labels, machine: await describeMachine(control, options.address) };
}

function notOurs(control: string): ContainrError {
  return new ContainrError({
    code: 'CONTROL_PLANE_OTHER',
    status: 409,
    detail: `What answers at ${control} is not the control plane that this node joined: its key is another one.`,
    hint: 'See where that address leads. After a new set-up without the old data, remove the folder and join again.',
  });
}

function tooLate({ name, timeoutMs }: Served, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'TIMEOUT',
    status: 504,
    detail: `"${name}" was not done within ${timeoutMs} ms.`,
    hint: 'See how busy that node is, then try again; work that takes long is a task.',
    cause,
  });
}

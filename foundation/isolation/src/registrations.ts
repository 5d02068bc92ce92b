import type { Contract, Event, Hook, Job, Methods, Owned, PluginContext, Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { checkProviderId, validate } from '@containr/sdk/host';
import type { Infer } from '@containr/sdk';
import type { AgentRequests } from './agent-requests.ts';
import type { Grants } from './grants.ts';
import { checkGrant, isGranted } from './grants.ts';
import { proxyEvents, proxyRaw, proxyRoute, proxySocket } from './http-proxies.ts';
import type { LiveRequests } from './live-requests.ts';
import type { RegistrationKind } from './protocol.ts';
import { registrations } from './protocol.ts';
import type { Wiring } from './wiring.ts';

type Spec<K extends RegistrationKind> = Infer<(typeof registrations)[K]>;

/** What registering needs of the platform beside the context. */
export interface Known {
  grants(): Grants;
  /** How a hook is run by its owner; `undefined` while nobody defines it. */
  hookKind(name: string): Hook['kind'] | undefined;
  readonly agents: AgentRequests;
  readonly live: LiveRequests;
  /** Changed settings are about to reach the child. */
  settingsChange(value: unknown): void;
}

const mostRegistrations = 500;
const tapMs = 10_000;
const serviceMs = 60_000;
const eventMs = 30_000;
const jobMs = 600_000;

/** Registers in the real context what the child asks for, so that permissions, claims, counting and undoing are the kernel's. */
export class Registrations {
  readonly #ctx: PluginContext;
  readonly #wiring: Wiring;
  readonly #known: Known;
  readonly #owned = new Map<number, Owned>();
  readonly #jobs = new Map<string, Job>();
  readonly #events = new Map<string, Event>();
  readonly #hooks = new Map<string, Hook>();

  constructor(ctx: PluginContext, wiring: Wiring, known: Known) {
    this.#ctx = ctx;
    this.#wiring = wiring;
    this.#known = known;
  }

  /** Takes one. Throws what the real context throws, and `GRANT_MISSING`. */
  add(kind: RegistrationKind, unchecked: unknown): void {
    const spec = validate<Spec<RegistrationKind>>(
      registrations[kind],
      unchecked,
      `A ${kind} of ${this.#wiring.plugin}`,
    );
    if (this.#owned.has(spec.ref) || this.#owned.size >= mostRegistrations) {
      throw refused('REGISTRATION_REFUSED', `The registration ${spec.ref} is there already, or there are too many.`);
    }
    this.#owned.set(spec.ref, this.#own(kind, spec));
  }

  /** Takes one back. */
  async remove(ref: number): Promise<void> {
    await this.#owned.get(ref)?.dispose();
    this.#owned.delete(ref);
  }

  /** An event that the plugin defined. Throws `EVENT_FORGED` for another's. */
  event(name: string): Event {
    const event = this.#events.get(name);
    if (event) return event;
    throw refused('EVENT_FORGED', `${this.#wiring.plugin} did not define the event "${name}", so it can't tell it.`);
  }

  /** A job that the plugin handles. */
  job(name: string): Job {
    return this.#jobs.get(name) ?? { type: 'job', name, input: true, summary: name };
  }

  /** A hook that the plugin defined. Throws `HOOK_NOT_OWNED` for another's. */
  hook(name: string): Hook {
    const hook = this.#hooks.get(name);
    if (hook) return hook;
    throw refused('HOOK_NOT_OWNED', `${this.#wiring.plugin} did not define the hook "${name}", so it can't run it.`);
  }

  #own(kind: RegistrationKind, spec: { ref: number }): Owned {
    const { http } = this.#ctx;
    switch (kind) {
      case 'route':
        return proxyRoute(http, this.#wiring, spec as Spec<'route'>);
      case 'raw':
        return proxyRaw(http, this.#wiring, spec as Spec<'raw'>);
      case 'events':
        return proxyEvents(http, this.#wiring, spec as Spec<'events'>);
      case 'socket':
        return proxySocket(http, this.#wiring, spec as Spec<'socket'>);
      case 'tap':
        return this.#tap(spec as Spec<'tap'>);
      case 'hook':
        return this.#defineHook(spec as Spec<'hook'>);
      case 'service':
        return this.#provide(spec as Spec<'service'>);
      case 'event':
        return this.#defineEvent(spec as Spec<'event'>);
      case 'on':
        return this.#on(spec as Spec<'on'>);
      case 'job':
        return this.#job(spec as Spec<'job'>);
      case 'repeat':
        return this.#repeat(spec as Spec<'repeat'>);
      case 'settings':
        return this.#ctx.settings.onChange((value) => {
          this.#known.settingsChange(value);
          void this.#run(spec.ref, { value }, eventMs);
        });
      case 'taskEnd':
        return this.#known.agents.onTaskEnd((spec as Spec<'taskEnd'>).capability, this.#tell(spec.ref));
      case 'taskOutput':
        return this.#known.agents.onTaskOutput((spec as Spec<'taskOutput'>).capability, this.#tell(spec.ref));
      case 'report':
        return this.#known.agents.onReport((spec as Spec<'report'>).report, this.#tell(spec.ref));
      case 'connect':
        return this.#known.agents.onConnect(this.#tell(spec.ref));
      case 'live':
        return this.#known.live.subscribe((spec as Spec<'live'>).topic, this.#tell(spec.ref));
      case 'own':
        return this.#ctx.own((spec as Spec<'own'>).label.slice(0, 200), () => this.#run(spec.ref, {}, tapMs));
    }
  }

  /** Tells a handler of the child; rejects when that did, or is gone. */
  #tell(ref: number): (data: unknown) => Promise<unknown> {
    return (data) => this.#invoke(ref, data, eventMs, this.#ctx.signal);
  }

  async #run(ref: number, data: unknown, ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#invoke(ref, data, ms, signal);
    } catch (error) {
      // Undoing in a process that is gone has nothing left to undo.
      if (!this.#ctx.signal.aborted) this.#ctx.log.warn({ error }, 'The isolated plugin did not answer');
    }
  }

  #tap(spec: Spec<'tap'>): Owned {
    const own = this.#hooks.get(spec.hook);
    if (!own) this.#granted('hooks', spec.hook);
    const kind = own?.kind ?? this.#known.hookKind(spec.hook);
    if (kind !== spec.kind)
      throw refused('HOOK_UNKNOWN', `There is no hook "${spec.hook}" of the kind "${spec.kind}".`);
    const hook: Hook = { type: 'hook', name: spec.hook, kind, payload: true, result: true, summary: spec.hook };
    const tap = async (payload: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> => {
      // Taken back while it is on: as if it did not tap.
      if (!own && !this.#holds('hooks', spec.hook)) return kind === 'amend' ? payload : undefined;
      const answer = await this.#invoke(spec.ref, { payload }, tapMs, signal);
      return (answer as { value?: unknown } | null)?.value;
    };
    return this.#ctx.hooks.tap(hook, tap, { stage: spec.stage });
  }

  #defineHook(spec: Spec<'hook'>): Owned {
    const hook: Hook = {
      type: 'hook',
      name: spec.hook,
      kind: spec.kind,
      payload: true,
      result: true,
      summary: spec.summary,
    };
    const owned = this.#ctx.hooks.define(hook);
    this.#hooks.set(spec.hook, hook);
    return owned;
  }

  #provide(spec: Spec<'service'>): Owned {
    const granted = (): void => {
      if (!spec.contract.startsWith(`${this.#wiring.plugin}.`)) this.#granted('provides', spec.contract);
    };
    granted();
    checkProviderId(this.#wiring.plugin, spec.id);
    const methods = Object.fromEntries(spec.methods.map((name) => [name, { input: true, output: true }]));
    const contract: Contract = { type: 'contract', name: spec.contract, summary: spec.contract, methods };
    const implementation = Object.fromEntries(
      spec.methods.map((method) => [
        method,
        (input: unknown, call: { principal: Principal; signal: AbortSignal }) =>
          this.#wiring.during(call.principal, async (request) => {
            granted();
            const data = { method, input, principal: call.principal, request };
            const answer = await this.#invoke(spec.ref, data, serviceMs, call.signal);
            return (answer as { value?: unknown } | null)?.value;
          }),
      ]),
    );
    return this.#ctx.services.provide<Methods>(contract, implementation, { id: spec.id });
  }

  #defineEvent(spec: Spec<'event'>): Owned {
    const event: Event = {
      type: 'event',
      name: spec.event,
      payload: true,
      permission: spec.permission,
      topics: () => [],
    };
    const owned = this.#ctx.events.define(event);
    this.#events.set(spec.event, event);
    return owned;
  }

  #on(spec: Spec<'on'>): Owned {
    const own = this.#events.has(spec.event);
    if (!own) this.#granted('events', spec.event);
    const event: Event = { type: 'event', name: spec.event, payload: true, permission: '', topics: () => [] };
    return this.#ctx.events.on(event, async ({ position, organisation, at, payload }) => {
      if (!own && !this.#holds('events', spec.event)) return;
      const sent = { position: `${position}`, organisation, at: at.toISOString(), payload };
      await this.#invoke(spec.ref, sent, eventMs, this.#ctx.signal);
    });
  }

  #job(spec: Spec<'job'>): Owned {
    const job: Job = { type: 'job', name: spec.job, input: true, summary: spec.summary };
    this.#jobs.set(spec.job, job);
    const options = spec.schedule === undefined ? {} : { schedule: spec.schedule };
    const handler = async (run: { input: unknown; attempt: number; signal: AbortSignal }): Promise<void> => {
      await this.#invoke(spec.ref, { input: run.input, attempt: run.attempt }, jobMs, run.signal);
    };
    return this.#ctx.jobs.handle(job, handler, options);
  }

  #repeat(spec: Spec<'repeat'>): Owned {
    return this.#ctx.repeat(spec.label.slice(0, 200), spec.everyMs, async (signal) => {
      await this.#wiring.invoke(spec.ref, {}, signal);
    });
  }

  async #invoke(ref: number, data: unknown, ms: number, signal?: AbortSignal): Promise<unknown> {
    const late = AbortSignal.timeout(ms);
    try {
      return await this.#wiring.invoke(ref, data, signal ? AbortSignal.any([late, signal]) : late);
    } catch (error) {
      throw late.aborted && error === late.reason ? tooLate(this.#wiring.plugin, ms) : error;
    }
  }

  #holds(kind: 'hooks' | 'events', value: string): boolean {
    return isGranted(this.#known.grants(), kind, value);
  }

  #granted(kind: 'hooks' | 'events' | 'provides', value: string): void {
    checkGrant(this.#wiring.plugin, this.#known.grants(), kind, value);
  }
}

function tooLate(plugin: string, ms: number): ContainrError {
  return new ContainrError({
    code: 'TIMEOUT',
    status: 504,
    detail: `${plugin} did not answer within ${ms / 1000} s.`,
    hint: `Read the log of ${plugin}, then try again.`,
  });
}

function refused(code: string, detail: string): ContainrError {
  return new ContainrError({ code, status: 403, detail, hint: 'This is a fault of the plugin: report it.' });
}

import 'reflect-metadata';
import type { Agents, PluginContext, Principal, Scope, Store } from '@containr/sdk';
import { Scope as NewScope } from '@containr/sdk';
import { outgoingFetch, repeat } from '@containr/sdk/host';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { instanceCachingFactory } from 'tsyringe';
import type { Claims, Declared } from '@containr/http';
import { errors } from '../errors.ts';
import { Contributions } from './contributions.ts';
import { httpFacet } from '@containr/http';
import type { Ledger } from '@containr/inspection';
import { measured, measuredMethods } from '@containr/inspection';
import type { PluginPackage } from '@containr/packages';
import type { PluginSettings } from '@containr/data';
import { partsToken } from './parts.ts';

/** What was opened for one plugin before its set-up. */
export interface Opened {
  readonly package: PluginPackage;
  readonly claims: Claims;
  readonly scope: Scope;
  readonly store: Store;
  readonly settings: Pick<PluginSettings<unknown>, 'current' | 'onChange'>;
  readonly directory: string;
  readonly ledger: Ledger;
}

/** What set-up writes to. */
export interface Composed {
  readonly ctx: PluginContext;
  readonly contributions: Contributions;
  readonly declared: readonly Declared[];
  /** No routes after this. */
  seal(): void;
}

const openedToken: InjectionToken<Opened> = Symbol('what is opened for the plugin');
const contributionsToken: InjectionToken<Contributions> = Symbol('contributions');
const httpToken: InjectionToken<ReturnType<typeof httpFacet>> = Symbol('http');
const agentsToken: InjectionToken<Agents> = Symbol('agents');

/** Composes a plugin's context in a container of its own. */
export function compose(root: DependencyContainer, opened: Opened): Composed {
  const own = root.createChildContainer();
  opened.scope.own('container', () => own.dispose(), { kind: 'inner' });
  own.register(openedToken, { useValue: opened });
  own.register(contributionsToken, { useFactory: instanceCachingFactory(() => new Contributions(opened.scope)) });
  own.register(httpToken, {
    useFactory: instanceCachingFactory((c) =>
      httpFacet(opened.scope, opened.claims, () => c.resolve(partsToken).origin()),
    ),
  });
  own.register(agentsToken, { useFactory: instanceCachingFactory(stagedAgents) });
  const facet = own.resolve(httpToken);
  return {
    ctx: contextOf(own, facet.http),
    contributions: own.resolve(contributionsToken),
    declared: facet.declared,
    seal: () => facet.seal(),
  };
}

function contextOf(own: DependencyContainer, http: PluginContext['http']): PluginContext {
  const parts = own.resolve(partsToken);
  const contributions = own.resolve(contributionsToken);
  const {
    package: { name },
    scope,
    store,
    settings,
    directory,
    ledger,
  } = own.resolve(openedToken);
  const log = parts.logFor(name);
  return {
    plugin: name,
    install: parts.install,
    log,
    clock: parts.clock,
    random: parts.random,
    exec: parts.exec,
    fetch: outgoingFetch,
    directory,
    signal: scope.signal,
    settings: {
      get current() {
        return settings.current;
      },
      onChange: (handler) => scope.own('settings change', settings.onChange(handler), { kind: 'settings' }),
    },
    http,
    hooks: {
      define(hook) {
        ledger.note('defines', hook);
        return contributions.add(`hook ${hook.name}`, { kind: 'hook' }, () => parts.hooks.define(name, hook));
      },
      tap(hook, tap, options) {
        ledger.note('taps', hook);
        const label = `tap ${hook.name}`;
        const { run, detail } = measured('tap', label, tap);
        return contributions.add(label, detail, () =>
          parts.hooks.tap(name, scope.signal, hook, run, options?.stage ?? 0),
        );
      },
      run(hook, payload, options) {
        ledger.note('runs', hook);
        return parts.hooks.run(hook, payload, options?.signal ?? scope.signal);
      },
    },
    services: {
      provide: (contract, implementation, options) => {
        const id = options?.id ?? name;
        const label = `service ${contract.name} ${id}`;
        ledger.note('provides', contract);
        const { methods, detail } = measuredMethods(label, implementation, Object.keys(contract.methods));
        return contributions.add(label, detail, () => parts.services.provide(name, contract, methods, id));
      },
      get(contract) {
        ledger.note('calls', contract);
        return parts.services.get(contract);
      },
      providers(contract) {
        ledger.note('calls', contract);
        return parts.services.providers(contract);
      },
    },
    events: {
      define(event) {
        ledger.note('defines', event);
        return contributions.add(`event ${event.name}`, { kind: 'event' }, () => parts.events.define(name, event));
      },
      on(event, handler) {
        ledger.note('listens', event);
        const label = `on ${event.name}`;
        const { run, detail } = measured('on', label, handler);
        return contributions.add(label, detail, () => parts.events.on(name, event, run));
      },
    },
    jobs: {
      handle(job, handler, options) {
        ledger.note('handles', job);
        const label = `job ${job.name}`;
        const { run, detail } = measured('job', label, handler);
        return contributions.add(label, detail, () => parts.jobs.handle(name, job, run, options ?? {}));
      },
    },
    agents: own.resolve(agentsToken),
    live: parts.liveFor(name, scope),
    store,
    secrets: {
      seal: (owner, text) => parts.secrets.seal(name, owner, text),
      open: (owner, sealed) => parts.secrets.open(name, owner, sealed),
      read: (secret) => parts.settings.secret(secret),
    },
    principal: (organisation) => pluginPrincipal(name, organisation),
    repeat(label, everyMs, work) {
      if (everyMs < 1) throw errors.REPEAT_TOO_OFTEN(label, everyMs);
      const { run, detail } = measured('repeat', `repeat ${label}`, work);
      return contributions.add(`repeat ${label}`, detail, () =>
        repeat({ label, everyMs, work: run, signal: scope.signal, log, clock: parts.clock }),
      );
    },
    own: (label, undo) => scope.own(label, undo),
  };
}

/** Who a plugin is when it acts by itself. */
export function pluginPrincipal(name: string, organisation: string | null): Principal {
  return { kind: 'plugin', id: name, name, organisation, permissions: ['*'], via: 'internal' };
}

/** Handlers of what agents send are contributions like any other: they are heard from the moment the plugin is live. */
function stagedAgents(own: DependencyContainer): Agents {
  const {
    package: { name },
    scope,
    ledger,
  } = own.resolve(openedToken);
  const contributions = own.resolve(contributionsToken);
  const parts = own.resolve(partsToken);
  const direct = parts.agentsFor(name, scope);
  function stage<A extends readonly unknown[]>(
    label: string,
    handler: (...given: A) => Promise<void>,
    start: (heard: Agents, run: (...given: A) => Promise<void>) => void,
  ): void {
    const { run, detail } = measured('agent', label, handler);
    contributions.add(label, detail, () => {
      const listening = new NewScope(`${name} ${label}`);
      start(parts.agentsFor(name, listening), run);
      return async () => void (await listening.dispose());
    });
  }
  return {
    nodes: () => direct.nodes(),
    call(node, capability, input, options) {
      ledger.note('asks', capability);
      return direct.call(node, capability, input, options);
    },
    startTask(node, capability, task, input) {
      ledger.note('asks', capability);
      return direct.startTask(node, capability, task, input);
    },
    taskStatus: (node, task) => direct.taskStatus(node, task),
    cancelTask: (node, task) => direct.cancelTask(node, task),
    onTaskEnd(capability, handler) {
      ledger.note('hears', capability);
      stage(`task end ${capability.name}`, handler, (heard, run) => heard.onTaskEnd(capability, run));
    },
    onTaskOutput(capability, handler) {
      ledger.note('hears', capability);
      stage(`task output ${capability.name}`, handler, (heard, run) => heard.onTaskOutput(capability, run));
    },
    onReport(report, handler) {
      ledger.note('hears', report);
      stage(`report ${report.name}`, handler, (heard, run) => heard.onReport(report, run));
    },
    onConnect: (handler) => stage('agent connect', handler, (heard, run) => heard.onConnect(run)),
  };
}

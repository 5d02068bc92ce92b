import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import type { Agents, Clock, PluginContext, Principal, Random, Scope, Store } from '@containr/sdk';
import { ContainrError, Scope as NewScope } from '@containr/sdk';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { instanceCachingFactory } from 'tsyringe';
import { v7 } from 'uuid';
import type { Claims, Declared } from '@containr/http';
import { Contributions } from './contributions.ts';
import { httpFacet } from '@containr/http';
import type { PluginPackage } from './package.ts';
import type { PluginSettings } from '@containr/data';
import { partsToken } from './parts.ts';
import { repeat } from './repeat.ts';

/** What was opened for one plugin before its set-up. */
export interface Opened {
  readonly package: PluginPackage;
  readonly claims: Claims;
  readonly scope: Scope;
  readonly store: Store;
  readonly settings: Pick<PluginSettings<unknown>, 'current' | 'onChange'>;
  readonly directory: string;
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

const clock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}),
};
const random: Random = { id: () => v7(), bytes: (count) => randomBytes(count) };

/** Composes a plugin's context in a container of its own. */
export function compose(root: DependencyContainer, opened: Opened): Composed {
  const own = root.createChildContainer();
  opened.scope.own('container', () => own.dispose());
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
  } = own.resolve(openedToken);
  const log = parts.logFor(name);
  return {
    plugin: name,
    install: parts.install,
    log,
    clock,
    random,
    exec: parts.exec,
    fetch: globalThis.fetch,
    directory,
    signal: scope.signal,
    settings: {
      get current() {
        return settings.current;
      },
      onChange: (handler) => scope.own('settings change', settings.onChange(handler)),
    },
    http,
    hooks: {
      define: (hook) => contributions.add(`hook ${hook.name}`, () => parts.hooks.define(name, hook)),
      tap: (hook, tap, options) =>
        contributions.add(`tap ${hook.name}`, () =>
          parts.hooks.tap(name, scope.signal, hook, tap, options?.stage ?? 0),
        ),
      run: (hook, payload, options) => parts.hooks.run(hook, payload, options?.signal ?? scope.signal),
    },
    services: {
      provide: (contract, implementation, options) => {
        const id = options?.id ?? name;
        return contributions.add(`service ${contract.name} ${id}`, () =>
          parts.services.provide(name, contract, implementation, id),
        );
      },
      get: (contract) => parts.services.get(contract),
      providers: (contract) => parts.services.providers(contract),
    },
    events: {
      define: (event) => contributions.add(`event ${event.name}`, () => parts.events.define(name, event)),
      on: (event, handler) => contributions.add(`on ${event.name}`, () => parts.events.on(name, event, handler)),
    },
    jobs: {
      handle: (job, handler, options) =>
        contributions.add(`job ${job.name}`, () => parts.jobs.handle(name, job, handler, options ?? {})),
    },
    agents: own.resolve(agentsToken),
    store,
    secrets: {
      seal: (owner, text) => parts.secrets.seal(name, owner, text),
      open: (owner, sealed) => parts.secrets.open(name, owner, sealed),
    },
    principal: (organisation) => pluginPrincipal(name, organisation),
    repeat(label, everyMs, work) {
      if (everyMs < 1)
        throw new ContainrError({
          code: 'REPEAT_TOO_OFTEN',
          status: 500,
          detail: `"${label}" can't run every ${everyMs} ms.`,
          hint: 'Give a positive number.',
        });
      return contributions.add(`repeat ${label}`, () => repeat(label, everyMs, work, scope.signal, log));
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
  } = own.resolve(openedToken);
  const contributions = own.resolve(contributionsToken);
  const parts = own.resolve(partsToken);
  const listening = new NewScope(`${name} agents`);
  const direct = parts.agentsFor(name, scope);
  const heard = parts.agentsFor(name, listening);
  scope.own('agents', async () => void (await listening.dispose()));
  const stage = (label: string, start: () => void): void => {
    contributions.add(label, () => {
      start();
      return async () => void (await listening.dispose());
    });
  };
  return {
    nodes: () => direct.nodes(),
    call: (node, capability, input, options) => direct.call(node, capability, input, options),
    startTask: (node, capability, task, input) => direct.startTask(node, capability, task, input),
    taskStatus: (node, task) => direct.taskStatus(node, task),
    cancelTask: (node, task) => direct.cancelTask(node, task),
    onTaskEnd: (capability, handler) =>
      stage(`task end ${capability.name}`, () => heard.onTaskEnd(capability, handler)),
    onTaskOutput: (capability, handler) =>
      stage(`task output ${capability.name}`, () => heard.onTaskOutput(capability, handler)),
    onReport: (report, handler) => stage(`report ${report.name}`, () => heard.onReport(report, handler)),
    onConnect: (handler) => stage('agent connect', () => heard.onConnect(handler)),
  };
}

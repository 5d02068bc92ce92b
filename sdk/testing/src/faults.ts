import { setTimeout as after } from 'node:timers/promises';
import type { PluginPackage } from '@containr/kernel';
import type { Clock } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { faultyContext } from './faulty-context.ts';

/**
 * Where a fault can be put, and what `name` is there:
 * - `store.begin`, `store.commit`: before a transaction's work, and after it, just before what it wrote is kept (plugin name);
 * - `agent.call`, `agent.start-task`: before a capability is asked (capability name);
 * - `event.deliver`: before the plugin's handler gets an event; a throw there is a throw of the handler (event name);
 * - `job.run`: before the plugin's handler runs a job, which is then tried again (job name);
 * - `hook.run`, `service.call`: before another plugin is asked (hook name; `contract.method`);
 * - `fetch`: before an outgoing request (its host name); `exec`: before a program runs (its path).
 */
export type FaultPoint =
  | 'store.begin'
  | 'store.commit'
  | 'agent.call'
  | 'agent.start-task'
  | 'event.deliver'
  | 'job.run'
  | 'hook.run'
  | 'service.call'
  | 'fetch'
  | 'exec';

/** Which passes of a point are meant; all of them by default. */
export interface FaultOptions {
  /** Only in this plugin. */
  readonly plugin?: string;
  /** Only for this event, capability, job …; {@link FaultPoint} says what it is. */
  readonly name?: string;
  /** How many passes; 1 by default. */
  readonly times?: number;
}

/** A pass that stands still. */
export interface Held {
  /** Resolves when something stands there. */
  readonly reached: Promise<void>;
  /** Lets it go on; with an error it fails instead. */
  release(error?: Error): void;
}

/** Faults of one test platform, by name. They reach plugins that run in the test's own process. */
export interface Faults {
  /** The next passes throw `error`, by default `FAULT_INJECTED` with status 503. */
  fail(point: FaultPoint, options?: FaultOptions & { readonly error?: Error }): void;
  /** The next passes take `ms` longer, on the platform's clock. */
  delay(point: FaultPoint, options: FaultOptions & { readonly ms: number }): void;
  /** The next pass stands still until the test releases it. */
  hold(point: FaultPoint, options?: Omit<FaultOptions, 'times'>): Held;
  /** How often the point was passed, or stopped at, so far. */
  count(point: FaultPoint, options?: Omit<FaultOptions, 'times'>): number;
  /** Takes all faults away; what stands still goes on. */
  clear(): void;
  /** Called at each pass. */
  pass(pass: Pass, clock?: Clock): Promise<void>;
}

/** One pass of a point. */
export interface Pass {
  readonly point: FaultPoint;
  readonly plugin: string;
  readonly name: string;
}

interface Planned {
  readonly point: FaultPoint;
  readonly options: FaultOptions;
  left: number;
  act(pass: Pass, clock: Clock | undefined): Promise<void>;
  drop(): void;
}

/**
 * Makes faults for `startTestPlatform({ faults })`.
 *
 * @example
 * const faults = createFaults();
 * const test = await startTestPlatform({ plugins: ['projects'], faults });
 * faults.fail('store.commit', { plugin: 'projects' });
 */
export function createFaults(): Faults {
  let planned: Planned[] = [];
  const passed: Pass[] = [];
  const plan = (
    point: FaultPoint,
    options: FaultOptions,
    act: Planned['act'],
    drop: () => void = () => undefined,
  ): void => {
    planned.push({ point, options, left: options.times ?? 1, act, drop });
  };
  return {
    fail: (point, options = {}) => plan(point, options, (pass) => Promise.reject(options.error ?? injected(pass))),
    delay: (point, options) =>
      plan(point, options, (_, clock) => (clock ? clock.sleep(options.ms) : after(options.ms))),
    hold(point, options = {}) {
      const reached = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const act = (): Promise<void> => (reached.resolve(), gate.promise);
      plan(point, { ...options, times: 1 }, act, () => gate.resolve());
      return {
        reached: reached.promise,
        release(error) {
          // Released before anything stood there, it fails nobody.
          gate.promise.catch(() => undefined);
          if (error) gate.reject(error);
          else gate.resolve();
        },
      };
    },
    count: (point, options = {}) => passed.filter((pass) => matches(pass, point, options)).length,
    clear() {
      for (const one of planned) one.drop();
      planned = [];
    },
    async pass(pass, clock) {
      passed.push(pass);
      const found = planned.find((one) => one.left > 0 && matches(pass, one.point, one.options));
      if (!found) return;
      found.left -= 1;
      await found.act(pass, clock);
    },
  };
}

/** The same plugin, with its context's parts passing through the faults. */
export function withFaults(installed: PluginPackage, faults: Faults, clock?: Clock): PluginPackage {
  return {
    ...installed,
    async load() {
      const plugin = await installed.load();
      const reach = (point: FaultPoint, name: string): Promise<void> =>
        faults.pass({ point, plugin: installed.name, name }, clock);
      return { ...plugin, setup: (ctx) => plugin.setup(faultyContext(ctx, reach)) };
    },
  };
}

function matches(pass: Pass, point: FaultPoint, { plugin, name }: FaultOptions): boolean {
  return pass.point === point && (plugin ?? pass.plugin) === pass.plugin && (name ?? pass.name) === pass.name;
}

function injected({ point, plugin, name }: Pass): ContainrError {
  return new ContainrError({
    code: 'FAULT_INJECTED',
    status: 503,
    detail: `The test lets ${point} of ${name} fail in ${plugin}.`,
    hint: 'Look at the faults of the test.',
  });
}

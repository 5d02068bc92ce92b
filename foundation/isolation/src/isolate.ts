import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Isolation, Limits, PluginEnded } from '@containr/cell';
import { Child, defaultLimits, Ends } from '@containr/cell';
import type { Contract, Hook, Logger, Plugin, PluginContext, Principal } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import { Acting } from './acting.ts';
import { AgentRequests } from './agent-requests.ts';
import type { GrantStore } from './grant-store.ts';
import type { Grants, Missing } from './grants.ts';
import { grantsMissing } from './grants.ts';
import { LiveRequests } from './live-requests.ts';
import { Description } from './protocol.ts';
import { Registrations } from './registrations.ts';
import type { Platform } from './requests.ts';
import { answerRequest, takeNotice } from './requests.ts';
import { Sessions } from './sessions.ts';
import type { Tables } from './sessions.ts';
import { Sources } from './sources.ts';
import { wire } from './wiring.ts';

/** The package that is run apart. */
export interface IsolatedPackage {
  /** Short name of the plugin. */
  readonly name: string;
  /** Folder with its package.json. */
  readonly directory: string;
  /** Permissions that it declares itself: what it may do when it acts as itself. */
  readonly permissions: readonly string[];
  /** Whether it has an agent half, whose capabilities it calls without being granted them. */
  readonly hasHalf: boolean;
}

/** What isolation needs of the platform. */
export interface IsolateOptions {
  readonly log: Logger;
  /** The plugin's own folder; made when it is missing. */
  readonly folder: string;
  readonly limits?: Partial<Limits>;
  /** What the admin granted, and keys that only this plugin's things are under. */
  readonly grants: GrantStore;
  contract(name: string): Contract | undefined;
  hookKind(name: string): Hook['kind'] | undefined;
  /** Brings the plugin's tables up as a database role of its own that logs in with `password`. */
  tables(migrations: Description['migrations'], password: string): Promise<Tables>;
  /** The process of a plugin that was on ended without being asked to; `again`: it may be set up anew. `signal` is of its context. */
  died(cause: PluginEnded, again: boolean, signal: AbortSignal): void;
}

const children = new WeakMap<Plugin, () => Child | undefined>();

/** Resident memory, in bytes, of the process of a plugin that {@link isolate} made; `null` for any other, and where it can't be told. */
export function residentBytes(plugin: Plugin): number | null {
  return children.get(plugin)?.()?.residentBytes ?? null;
}

/** What keeps the process of such a plugin apart; `null` for any other. */
export function isolationOf(plugin: Plugin | undefined): Isolation | null {
  return (plugin && children.get(plugin)?.()?.isolation) ?? null;
}

/** What the process of such a plugin sends too much of, for its document; `null` when it does not, and for any other plugin. */
export function floodOf(plugin: Plugin | undefined, name: string): ContainrError | null {
  return (plugin && children.get(plugin)?.()?.floods.cause(name)) ?? null;
}

const program = fileURLToPath(
  new URL(`./child/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);
/** Others wait for their turn meanwhile. */
const setupMs = 10_000;
const providersMs = 1_000;
const relayMs = 60_000;

/**
 * Makes plugins of a package whose code never runs in this process: it runs in a process of its own, and what it registers
 * there is registered here in its name. A process of its own is started once to learn what the package's settings are.
 */
export function isolate(installed: IsolatedPackage, options: IsolateOptions): { load(): Promise<Plugin> } {
  let description: Promise<Description> | undefined;
  const ends = new Ends();
  const died = (cause: PluginEnded, _again: boolean, signal: AbortSignal): void => {
    const { shown, again } = ends.note(installed.name, cause);
    options.died(shown, again, signal);
  };
  return {
    async load() {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      await options.grants.load(installed.name);
      description ??= describe(installed, options);
      try {
        return pluginOf(installed, { ...options, died }, await description);
      } catch (error) {
        description = undefined;
        throw error;
      }
    },
  };
}

function pluginOf(installed: IsolatedPackage, options: IsolateOptions, described: Description): Plugin {
  let child: Child | undefined;
  const plugin: Plugin = {
    ...(described.settings === undefined ? {} : { settings: described.settings }),
    async setup(ctx) {
      const started = start(installed, options, ctx, secretsOf(described.settings));
      child = started.child;
      try {
        await child.load();
        const { migrations } = described;
        if (migrations.length > 0) {
          const password = await options.grants.secretKey(`${installed.name}/database`);
          ctx.repeat('events and jobs that wait', relayMs, () => started.sessions.relay());
          started.sessions.use(await options.tables(migrations, password.toString('base64')));
        }
        started.conceal(ctx.settings.current);
        const boot = { ...(await bootOf(ctx, options)), tables: migrations.length > 0 };
        await Promise.race([child.peer.call('setup', boot, AbortSignal.timeout(setupMs)), started.died]);
        await started.sessions.relay();
        started.live();
      } catch (error) {
        await child.stop(0);
        throw child.cause ?? started.allMissing(error) ?? asSetupError(installed.name, error);
      }
    },
    ...(described.verifies ? { verify: async () => void (await child?.peer.call('verify', {})) } : {}),
    ...(described.settles
      ? { settle: async (signal: AbortSignal) => void (await child?.peer.call('settle', {}, signal)) }
      : {}),
  };
  children.set(plugin, () => child);
  return plugin;
}

async function bootOf(ctx: PluginContext, options: IsolateOptions) {
  return {
    plugin: ctx.plugin,
    install: ctx.install,
    origin: ctx.http.origin,
    directory: ctx.directory,
    settings: ctx.settings.current,
    secretKey: (await options.grants.secretKey(ctx.plugin)).toString('base64'),
    providers: providersOf(ctx, options),
  };
}

async function describe(installed: IsolatedPackage, options: IsolateOptions): Promise<Description> {
  const child = new Child({
    ...optionsOf(installed, options),
    answer: async () => {
      throw new ContainrError({ code: 'TOO_EARLY', status: 503, detail: 'Nothing is answered before setup.' });
    },
    notified: () => undefined,
    died: () => undefined,
  });
  try {
    return validate<Description>(Description, await child.load(), `What ${installed.name} says`);
  } catch (error) {
    throw child.cause ?? asSetupError(installed.name, error);
  } finally {
    await child.stop(0);
  }
}

function start(installed: IsolatedPackage, options: IsolateOptions, ctx: PluginContext, secrets: readonly string[]) {
  const { name } = installed;
  let isLive = false;
  const missing: Missing[] = [];
  let rejectDied: (cause: PluginEnded) => void = () => undefined;
  const died = new Promise<never>((_, reject) => (rejectDied = reject));
  died.catch(() => undefined);
  const principal = (organisation: string | null): Principal => ({
    ...ctx.principal(organisation),
    permissions: installed.permissions,
  });
  const wiring = wire(name, () => child.peer, new Acting(principal), new Sources());
  const grants = (): Grants => options.grants.of(name);
  const shared = { agents: new AgentRequests(ctx, installed.hasHalf, grants), live: new LiveRequests(name, ctx.live) };
  const registrations = new Registrations(ctx, wiring, {
    ...shared,
    grants,
    hookKind: (hook) => options.hookKind(hook),
    settingsChange: (value) => conceal(value),
  });
  const conceal = (settings: unknown): void => {
    for (const [name, value] of Object.entries(Object(settings) as object))
      if (secrets.includes(name) && typeof value === 'string') child.conceal(value);
  };
  const sessions = new Sessions(ctx, wiring.acting, registrations);
  const platform: Platform = {
    ctx,
    wiring,
    registrations,
    ...shared,
    grants,
    contract: (contract) => options.contract(contract),
    store: sessions,
    handedOut: (secret) => child.conceal(secret),
    refused(more) {
      options.grants.refusals.note(name, more);
      if (!isLive) missing.push(...more);
    },
    violated: (what) => child.violated(what),
  };
  const child = new Child({
    ...optionsOf(installed, options),
    answer: (call) => answerRequest(call, platform),
    notified: (op, data) => takeNotice(op, data, platform),
    died(cause) {
      rejectDied(cause);
      sessions.close();
      wiring.sources.close();
      if (isLive && !ctx.signal.aborted) options.died(cause, true, ctx.signal);
    },
  });
  ctx.signal.addEventListener('abort', () => child.peer.notify('stop', {}), { once: true });
  ctx.own('process', async () => {
    await child.stop();
    sessions.close();
    wiring.sources.close();
  });
  /** A set-up that lacks a grant lacks others too, as a rule: the admin is told of all at once. */
  const allMissing = (error: unknown): unknown =>
    missing.length > 1 && isContainrError(error) && error.code === 'GRANT_MISSING'
      ? grantsMissing(name, missing)
      : null;
  let known = '';
  const tell = (): void => {
    const providers = providersOf(ctx, options);
    const text = JSON.stringify(providers);
    if (text !== known) child.peer.notify('providers', providers);
    known = text;
  };
  ctx.repeat('providers', providersMs, async () => tell());
  return { child, sessions, died, conceal, allMissing, live: () => (isLive = true) };
}

/** Names of the settings that are secret. */
function secretsOf(settings: Description['settings']): string[] {
  const properties = Object((settings as { properties?: unknown } | undefined)?.properties ?? {}) as object;
  return Object.entries(properties).flatMap(([name, property]) =>
    (property as { writeOnly?: unknown } | null)?.writeOnly === true ? [name] : [],
  );
}

function optionsOf(installed: IsolatedPackage, options: IsolateOptions) {
  return {
    plugin: installed.name,
    program,
    packageDirectory: installed.directory,
    directory: options.folder,
    limits: { ...defaultLimits, ...options.limits },
    log: options.log,
  };
}

function providersOf(ctx: PluginContext, options: IsolateOptions) {
  return Object.fromEntries(
    options.grants.of(ctx.plugin).services.flatMap((name) => {
      const contract = options.contract(name);
      if (!contract) return [];
      return [[name, ctx.services.providers(contract).map(({ id, plugin }) => ({ id, plugin }))]];
    }),
  );
}

function asSetupError(name: string, error: unknown): unknown {
  // What it did not foresee is a set-up that failed, as of a plugin that runs in this process.
  if (isContainrError(error) && error.code === 'PLUGIN_FAULT') return new Error(error.message);
  if (!(error instanceof DOMException)) return error;
  return new ContainrError({
    code: 'PLUGIN_SETUP_TIMEOUT',
    status: 503,
    detail: `The set-up of ${name} took longer than ${setupMs / 1000} s.`,
    hint: 'Look at its log, then enable it again.',
  });
}
